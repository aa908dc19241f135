// Saves a model as a standard ONNX file.
#pragma once

#include <string>

#include "loaders/onnx/save/save_model.h"
#include "runtime/api/model.h"

namespace octet {

// Its source's graph with its layers as they are now: see save_onnx_file(). Warnings go to the
// engine's log. Errors: also kUnsupported for a model that was made from a graph.
Status save_model(const Model& model, const std::string& path, const SaveRequest& request);

}  // namespace octet
