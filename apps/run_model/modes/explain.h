// --explain: which kernel runs each node, and why.
#pragma once

#include "apps/run_model/client.h"

namespace octet::app {

// Prints a block per node to stdout: step, name, op, kernel, output types and what the faster
// kernels said. With options.json the C API's JSON array (octet_model_explain) on one line.
Status print_explanation(const LoadedModel& model, const Options& options);

}  // namespace octet::app
