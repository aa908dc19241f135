// Walks the graphs as the loader does, so that nodes have the names that it gave them.
#include "loaders/onnx/save/rewrite_layers.h"

#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "loaders/onnx/layer_names.h"
#include "loaders/onnx/names.h"
#include "loaders/onnx/save/node_rewriter.h"
#include "runtime/core/run_control.h"

namespace octet {
namespace {

class LayerRewriter {
 public:
  LayerRewriter(ModelEdit& edit, std::span<const SavedLayer> layers, SaveFormat format)
      : edit_(edit), format_(format) {
    for (const SavedLayer& layer : layers) layers_[layer.name].push_back(&layer);
  }

  Status rewrite(pb::GraphProto& graph, const GraphScope* outer, const std::string& prefix) {
    const GraphScope scope(graph, outer);
    LayerNames layer_names(graph, prefix);
    std::vector<std::string> names;
    for (int i = 0; i < graph.node_size(); ++i) names.push_back(layer_names.of(graph.node(i), i));
    // The nodes stay where they are in memory, which the scope counts on.
    std::vector<std::unique_ptr<pb::NodeProto>> nodes(names.size());
    for (size_t i = nodes.size(); i-- > 0;) nodes[i].reset(graph.mutable_node()->ReleaseLast());
    LayerWriter::Nodes made;
    LayerWriter writer(edit_, graph, made);
    NodeRewriter rewriter(writer, made, scope, format_, notes_);
    for (size_t i = 0; i < nodes.size(); ++i) {
      OCTET_RETURN_IF_ERROR(check_stop());
      for (auto& attribute : *nodes[i]->mutable_attribute())
        if (attribute.has_g())
          OCTET_RETURN_IF_ERROR(
              rewrite(*attribute.mutable_g(), &scope, body_prefix(names[i], attribute.name())));
      OCTET_ASSIGN_OR_RETURN(const SavedLayer* layer, layer_of(*nodes[i], names[i]));
      if (layer == nullptr) {
        made.push_back(std::move(nodes[i]));
        continue;
      }
      const std::string name = names[i].substr(prefix.size());
      if (Status status = rewriter.rewrite(std::move(nodes[i]), *layer, name); !status.is_ok())
        return status;
    }
    for (auto& node : made) graph.mutable_node()->AddAllocated(node.release());
    return Status::ok();
  }

  // Precondition: all graphs were rewritten.
  Status check_found() const {
    for (const auto& [name, layers] : layers_)
      for (const SavedLayer* layer : layers)
        if (layer->replaced && !found_.contains(layer))
          return unsupported("layer " + quoted(name) +
                             " was replaced, but no node of the model's file is called so");
    return Status::ok();
  }

  void warn(std::vector<std::string>& warnings) const {
    int unfound = 0;
    for (const auto& [name, layers] : layers_)
      for (const SavedLayer* layer : layers) unfound += !found_.contains(layer);
    const auto count = [](int layers) {
      return std::to_string(layers) + (layers == 1 ? " layer is" : " layers are");
    };
    if (notes_.float_activations > 0)
      warnings.push_back(count(notes_.float_activations) +
                         " saved with quantized weights and float activations, the first is " +
                         notes_.first_float);
    const int unwritten = notes_.unwritten + unfound;
    if (unwritten > 0)
      warnings.push_back(count(unwritten) + " saved as in the source" +
                         (notes_.unwritten > 0 ? ", the first is " + notes_.first_unwritten : ""));
  }

 private:
  // A recurrent node is called otherwise than its layer: NODE/input. One of two directions has two
  // layers, whose weights are one tensor.
  Result<const SavedLayer*> layer_of(const pb::NodeProto& node, const std::string& name) {
    auto found = layers_.find(name);
    if (found == layers_.end()) found = layers_.find(name + "/input");
    if (found == layers_.end()) return static_cast<const SavedLayer*>(nullptr);
    if (found->second.size() > 1)
      return unsupported("node " + quoted(name) + " (" + node.op_type() +
                         "): " + std::to_string(found->second.size()) +
                         " layers have this name; rename nodes, so that it means one");
    found_.insert(found->second[0]);
    return found->second[0];
  }

  ModelEdit& edit_;
  SaveFormat format_;
  std::unordered_map<std::string, std::vector<const SavedLayer*>> layers_;
  std::unordered_set<const SavedLayer*> found_;
  SaveNotes notes_;
};

}  // namespace

Status rewrite_layers(ModelEdit& edit, std::span<const SavedLayer> layers, SaveFormat format,
                      std::vector<std::string>& warnings) {
  LayerRewriter rewriter(edit, layers, format);
  OCTET_RETURN_IF_ERROR(rewriter.rewrite(*edit.model().proto.mutable_graph(), nullptr, ""));
  OCTET_RETURN_IF_ERROR(rewriter.check_found());
  rewriter.warn(warnings);
  return edit.finish();
}

}  // namespace octet
