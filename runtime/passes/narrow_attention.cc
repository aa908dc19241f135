// Finds the layers whose outputs only attentions read, and narrows them.
#include "runtime/passes/narrow_attention.h"

#include <map>
#include <set>

#include "runtime/passes/attention_feeds.h"

namespace octet {
namespace {

// What narrowing one value asks of others: a layer may only be narrowed with all attentions that it
// feeds, an attention only with all three of its layers.
struct Candidates {
  std::map<Node*, std::set<const Node*>> layers;      // with the attentions that read each
  std::map<const Node*, std::set<Node*>> attentions;  // with the layers that make q, k and v
};

Candidates find_candidates(Graph& graph, const GraphIndex& index) {
  Candidates candidates;
  for (Node& node : graph.nodes()) {
    const auto* layer = node.as<QuantizedLinearAttrs>();
    if (layer != nullptr && layer->epilogue.output_type == DType::kF32) {
      if (const auto ends = fed_attention_inputs(graph, index, node.outputs[0]))
        for (const AttentionInput& end : *ends) candidates.layers[&node].insert(end.attention);
    }
    if (node.as<AttentionAttrs>() == nullptr) continue;
    for (size_t input = 0; input < 3; ++input)
      candidates.attentions[&node].insert(
          index.producer(source_of_views(index, node.inputs[input])));
  }
  return candidates;
}

// Drops what depends on something that is no candidate, until nothing does.
void keep_closed(Candidates& candidates) {
  bool changed = true;
  while (changed) {
    const size_t layers = std::erase_if(candidates.layers, [&](const auto& entry) {
      for (const Node* attention : entry.second)
        if (!candidates.attentions.contains(attention)) return true;
      return false;
    });
    const size_t attentions = std::erase_if(candidates.attentions, [&](const auto& entry) {
      for (Node* layer : entry.second)
        if (!candidates.layers.contains(layer)) return true;
      return false;
    });
    changed = layers + attentions > 0;
  }
}

}  // namespace

Status narrow_attention(Graph& graph, const PassOptions& options) {
  if (!options.attention_in_bf16) return Status::ok();
  const GraphIndex index(graph);
  Candidates candidates = find_candidates(graph, index);
  keep_closed(candidates);
  if (candidates.layers.empty()) return Status::ok();
  for (const auto& [layer, attentions] : candidates.layers)
    layer->as<QuantizedLinearAttrs>()->epilogue.output_type = DType::kBF16;
  return refresh_types(graph);
}

}  // namespace octet
