// Where the outputs of a run are written.
#pragma once

#include <span>

#include "apps/run_model/client.h"

namespace octet::app {

// "last_hidden_state.npy": slashes, which no file's name can hold, stand as underscores.
std::string npy_file_name(const std::string& value_name);

// "a/b.npy" in an archive. Names that would leave the folder an archive is unpacked to (absolute
// ones, "..") or that mean other folders elsewhere (backslashes, drives) become as in
// npy_file_name(), with underscores for these too.
std::string zip_member_name(const std::string& value_name);

// The files that the options name for the model's outputs.
std::vector<std::string> output_paths(const LoadedModel& model, const Options& options);

// Whole outputs to the files that OutputSet describes.
Status write_outputs(const LoadedModel& model, const Options& options,
                     std::span<const octet_tensor> outputs);

}  // namespace octet::app
