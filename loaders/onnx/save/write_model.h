// Writes an edited model to its files.
#pragma once

#include <string>

#include "loaders/onnx/save/edited_model.h"
#include "loaders/onnx/save/save_choices.h"

namespace octet {

// `path` and, beside it, FILE.data (or FILE.data2 and so on, where there is such a file) appear
// under their names once they are whole and on the disk; a model that was there is as it was until
// then, and its FILE.data goes with it. Errors: kInvalidArgument where `path` is a file that the
// model was read from; kIoError, kNotFound; kUnsupported where a model of 2 GiB or more shall be
// one file.
Status write_model(EditedModel& model, const std::string& path, DataPlacement placement);

}  // namespace octet
