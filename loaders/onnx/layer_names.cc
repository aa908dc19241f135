// Names by the number of nodes that have them.
#include "loaders/onnx/layer_names.h"

namespace octet {

LayerNames::LayerNames(const pb::GraphProto& graph, std::string prefix)
    : prefix_(std::move(prefix)) {
  nodes_named_.reserve(static_cast<size_t>(graph.node_size()));
  names_.reserve(static_cast<size_t>(graph.node_size()));
  for (const auto& node : graph.node()) ++nodes_named_[node.name()];
}

std::string LayerNames::of(const pb::NodeProto& node, int index) {
  const bool own = !node.name().empty() && nodes_named_[node.name()] == 1;
  if (own && names_.insert(node.name()).second) return prefix_ + node.name();
  for (const auto& output : node.output())
    if (!output.empty() && names_.insert(output).second) return prefix_ + output;
  return prefix_ + node.op_type() + "#" + std::to_string(index);
}

}  // namespace octet
