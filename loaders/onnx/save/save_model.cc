// Read, rewrite, write.
#include "loaders/onnx/save/save_model.h"

#include <map>

#include "loaders/onnx/save/rewrite_layers.h"
#include "loaders/onnx/save/write_model.h"

namespace octet {
namespace {

void set_metadata(pb::ModelProto& model, const std::string& key, const std::string& value) {
  for (auto& entry : *model.mutable_metadata_props())
    if (entry.key() == key) return entry.set_value(value);
  auto& entry = *model.add_metadata_props();
  entry.set_key(key);
  entry.set_value(value);
}

// "w8a8", or where there are several "w4 3, w8a8 12": how many layers have each.
std::string scheme_text(std::span<const SavedLayer> layers) {
  std::map<std::string, int> counts;
  for (const SavedLayer& layer : layers) ++counts[layer.scheme.name()];
  if (counts.empty()) return "none";
  if (counts.size() == 1) return counts.begin()->first;
  std::string text;
  for (const auto& [name, count] : counts)
    text += (text.empty() ? "" : "; ") + name + ": " + std::to_string(count);
  return text;
}

}  // namespace

Status save_onnx_file(const ModelSource& source, std::span<const SavedLayer> layers,
                      const std::string& path, const SaveRequest& request, const Limits& limits,
                      std::vector<std::string>& warnings) {
  OCTET_ASSIGN_OR_RETURN(EditedModel model, read_source(source, request.memory, limits));
  ModelEdit edit(model);
  OCTET_RETURN_IF_ERROR(rewrite_layers(edit, layers, request.format, warnings));
  set_metadata(model.proto, "octet.version", request.version);
  set_metadata(model.proto, "octet.scheme", scheme_text(layers));
  set_metadata(model.proto, "octet.source_sha256", model.hash);
  return write_model(model, path, request.placement);
}

}  // namespace octet
