// Writes the layers of a model as quantized ones.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "loaders/onnx/save/model_edit.h"
#include "loaders/onnx/save/save_choices.h"
#include "loaders/onnx/save/saved_layer.h"

namespace octet {

// Nodes of other layers, and of layers that the file has quantized already and whose weight was not
// replaced, stay as they are. `warnings`: gets what is saved otherwise than it runs. Errors:
// kUnsupported for a layer that cannot be written, with the reason.
Status rewrite_layers(ModelEdit& edit, std::span<const SavedLayer> layers, SaveFormat format,
                      std::vector<std::string>& warnings);

}  // namespace octet
