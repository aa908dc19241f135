// The inputs of a run: from files, or made up for benchmarks.
#pragma once

#include "apps/run_model/client.h"
#include "apps/run_model/npy/npy_reader.h"

namespace octet::app {

// The files of the inputs in the model's order, from --input, --input-dir or --input-npz. Errors:
// NpyReader's and ZipReader's; missing inputs, and what the model takes is listed.
Result<std::vector<NpyReader>> open_inputs(const LoadedModel& model, const Options& options);
// All of them in memory.
Result<std::vector<Array>> read_inputs(const LoadedModel& model, const Options& options);

// Arrays of the shapes in options.shapes; symbols without one are 1. Floats in [-1, 1], integers
// small valid ids, masks (names with "mask") 1.
Result<std::vector<Array>> make_inputs(const LoadedModel& model, const Options& options);

}  // namespace octet::app
