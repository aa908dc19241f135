// --save: the loaded model as a standard ONNX file.
#pragma once

#include "apps/run_model/client.h"
#include "apps/run_model/options.h"

namespace octet::app {

// Writes options.save, and says on stdout what it wrote.
Status save_model(const LoadedModel& model, const Options& options);

}  // namespace octet::app
