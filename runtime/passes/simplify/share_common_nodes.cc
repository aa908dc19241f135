// Pass: what is computed twice is computed once.
#include "runtime/passes/simplify/share_common_nodes.h"

#include <algorithm>
#include <unordered_map>

#include "runtime/ops/attribute_key.h"
#include "runtime/passes/match.h"

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

struct KeyHash {
  size_t operator()(const SharedKey& key) const { return key.hash(); }
};
template <class T>
using ByKey = std::unordered_map<SharedKey, T, KeyHash>;

// What each value is for those who compare: of constants from one place the first one.
std::vector<ValueId> identities(const Graph& graph) {
  std::vector<ValueId> same(graph.value_count());
  ByKey<ValueId> first;
  for (size_t i = 0; i < same.size(); ++i) {
    same[i] = static_cast<ValueId>(i);
    const auto& constant = graph.value(same[i]).constant;
    const SharedKey key = constant ? constant->key() : SharedKey();
    if (key.is_known()) same[i] = first.try_emplace(key, same[i]).first->second;
  }
  return same;
}

// What the node computes; unknown where it must stay, for others ask for it by its labels.
SharedKey node_key(const Node& node, const std::vector<ValueId>& identities) {
  const std::vector<FieldText> fields = describe(node.attributes);
  if (std::ranges::any_of(fields, [](const auto& f) { return f.role == Role::kLabel; })) return {};
  std::vector<ValueId> inputs = node.inputs;
  for (ValueId& input : inputs)
    if (input != kNoValue) input = identities[static_cast<size_t>(input)];
  return attribute_key(node.attributes, fields).with("of", std::as_bytes(std::span(inputs)));
}

}  // namespace

Status share_common_nodes(Graph& graph, const PassOptions&) {
  OCTET_RETURN_IF_ERROR(share_constants(graph));
  const std::vector<ValueId> same = identities(graph);
  ByKey<const Node*> first;
  first.reserve(graph.nodes().size());
  std::vector<ValueId> replacement(graph.value_count(), kNoValue);
  for (const Node& node : graph.nodes()) {
    rewire(graph, node, replacement);
    SharedKey key = node_key(node, same);
    if (!key.is_known()) continue;
    const auto [entry, is_first] = first.try_emplace(std::move(key), &node);
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
