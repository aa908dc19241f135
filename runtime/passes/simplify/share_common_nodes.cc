// Pass: what is computed twice is computed once.
#include "runtime/passes/simplify/share_common_nodes.h"

#include <unordered_map>

#include "runtime/passes/match.h"
#include "runtime/passes/simplify/attribute_key.h"

namespace octet {
namespace {

constexpr uint64_t kSmallConstantBytes = 64;

// Makes `node` read what `replacement` has in the place of its inputs; kNoValue: nothing.
void rewire(Graph& graph, const Node& node, const std::vector<ValueId>& replacement) {
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (node.inputs[i] == kNoValue) continue;
    const ValueId other = replacement[static_cast<size_t>(node.inputs[i])];
    if (other != kNoValue && other != node.inputs[i]) graph.set_input(node, i, other);
  }
}

// Makes readers of equal small constants read the first of them.
Status share_constants(Graph& graph) {
  std::unordered_map<std::string, ValueId> first;
  std::vector<ValueId> shared(graph.value_count(), kNoValue);
  for (size_t i = 0; i < graph.value_count(); ++i) {
    const auto id = static_cast<ValueId>(i);
    const auto& constant = graph.value(id).constant;
    if (!constant || constant->byte_count() > kSmallConstantBytes) continue;
    OCTET_ASSIGN_OR_RETURN(const Tensor tensor, constant->load());
    std::string key = dtype_name(tensor.dtype()) + to_string(tensor.shape()) + ":";
    key.append(reinterpret_cast<const char*>(tensor.bytes()), tensor.byte_count());
    shared[i] = first.try_emplace(std::move(key), id).first->second;
  }
  for (const Node& node : graph.nodes()) rewire(graph, node, shared);
  return Status::ok();
}

}  // namespace

Status share_common_nodes(Graph& graph, const PassOptions&) {
  OCTET_RETURN_IF_ERROR(share_constants(graph));
  std::unordered_map<std::string, const Node*> first;
  first.reserve(graph.nodes().size());
  std::vector<ValueId> replacement(graph.value_count(), kNoValue);
  for (const Node& node : graph.nodes()) {
    rewire(graph, node, replacement);
    auto key = attribute_key(node.attributes);
    if (!key) continue;
    key->append(reinterpret_cast<const char*>(node.inputs.data()),
                node.inputs.size() * sizeof(ValueId));
    const auto [entry, is_first] = first.try_emplace(std::move(*key), &node);
    if (is_first) continue;
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (graph.is_output(node.outputs[i]))
        continue;  // keeps its own value, whatever the other one is
      replacement[static_cast<size_t>(node.outputs[i])] = entry->second->outputs[i];
    }
  }
  return Status::ok();
}

}  // namespace octet
