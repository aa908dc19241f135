// Where the outputs of a run are written.
#pragma once

#include <span>

#include "apps/run_model/client.h"

namespace octet::app {

// "last_hidden_state.npy": slashes, which no file's name can hold, stand as underscores.
std::string npy_file_name(const std::string& value_name);

// Whole outputs to the files that OutputSet describes.
Status write_outputs(const LoadedModel& model, const Options& options,
                     std::span<const octet_tensor> outputs);

}  // namespace octet::app
