// Whole arrays and texts in files.
#pragma once

#include "apps/run_model/array.h"
#include "runtime/core/status.h"

namespace octet::app {

// Writes a .npy file under a temporary name beside `path` and renames it when complete; makes the
// folder. bfloat16, which NumPy does not have, is written as float32. Special files (/dev/null) are
// written directly. Error: kIoError.
Status write_npy(const std::string& path, const octet_tensor& tensor);

// The same for a text file.
Status write_text(const std::string& path, const std::string& text);

}  // namespace octet::app
