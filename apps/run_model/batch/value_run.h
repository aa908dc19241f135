// One run of a model with sequences or optionals: from files of numbered arrays to such files.
#pragma once

#include "apps/run_model/batch/batch_job.h"

namespace octet::app {

// An input that is no tensor is read from numbered files, as far as the numbers go: PATH/0.npy, ..
// of
// --input NAME=PATH or members 0.npy, .. where PATH is an archive; DIR/NAME/0.npy, .. or
// DIR/NAME_0.npy, .. of --input-dir; members NAME/0.npy, .. of --input-npz. An optional tensor is
// the array of its name, as a tensor is, and an optional for which there is nothing is empty. The
// tensors of an output go where outputs NAME/0, .. would. Errors: also options that split rows.
Result<BatchStats> run_by_values(const LoadedModel& model, const Options& options);

}  // namespace octet::app
