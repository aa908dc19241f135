// The program run_model; what it does is in run_model.h.
#include "apps/run_model/run_model.h"

int main(int argc, char** argv) { return octet::app::run_model(argc, argv); }
