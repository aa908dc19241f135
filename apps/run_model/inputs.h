// The inputs of a run: from files, or made up for benchmarks.
#pragma once

#include "apps/run_model/client.h"

namespace octet::app {

// In the model's order, from --input or --input-dir. Errors list what the model takes.
Result<std::vector<Array>> read_inputs(const LoadedModel& model, const Options& options);

// Arrays of the shapes in options.shapes; symbols without one are 1. Floats in [-1, 1], integers
// small valid ids, masks (names with "mask") 1.
Result<std::vector<Array>> make_inputs(const LoadedModel& model, const Options& options);

}  // namespace octet::app
