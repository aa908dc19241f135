// Describes the layers of a model for whoever writes them.
#include "runtime/api/save_model.h"

namespace octet {
namespace {

// Layers of one key have equal weights: the same rows of parts that are shared.
std::string key_of(const LayerRecord& record, const LayerPart& part) {
  if (record.components == nullptr) return "";
  return std::to_string(reinterpret_cast<uintptr_t>(record.components.get())) + " " +
         std::to_string(part.first_row) + " " + std::to_string(part.rows) +
         (part.per_tensor ? " per tensor" : "");
}

SavedLayer describe(const Model& model, int index) {
  const LayerRecord& record = model.record(index);
  const LayerPart& part = model.layer(index);
  SavedLayer layer{part.name, model.scheme(index), part.rows, record.k, model.is_replaced(index)};
  layer.key = key_of(record, part);
  if (record.components != nullptr)
    layer.weights = [&model, index] { return model.weights(index); };
  return layer;
}

}  // namespace

Status save_model(const Model& model, const std::string& path, const SaveRequest& request) {
  if (model.source() == nullptr)
    return unsupported("the model was not loaded from ONNX, and there is nothing to save it as");
  const MemoryScope scope(model.engine()->memory.get());
  std::vector<SavedLayer> layers;
  for (int index = 0; index < static_cast<int>(model.layers().size()); ++index)
    if (!model.scheme(index).is_none()) layers.push_back(describe(model, index));
  std::vector<std::string> warnings;
  OCTET_RETURN_IF_ERROR(
      save_onnx_file(*model.source(), layers, path, request, model.engine()->limits, warnings));
  for (const std::string& warning : warnings)
    model.engine()->log(LogLevel::kWarning, path + ": " + warning);
  return Status::ok();
}

}  // namespace octet
