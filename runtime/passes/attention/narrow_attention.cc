// Finds the layers whose outputs only attentions read, and narrows them.
#include "runtime/passes/attention/narrow_attention.h"

#include <map>
#include <set>

#include "runtime/passes/attention/attention_feeds.h"

namespace octet {
namespace {

// What narrowing one value asks of others: a layer may only be narrowed with all attentions that it
// feeds, an attention only with all three of its layers.
struct Candidates {
  // Each with those that it depends on: a layer with the attentions that read it, an attention with
  // the layers that make q, k and v.
  std::map<const Node*, std::set<const Node*>> layers, attentions;
};

Candidates find_candidates(const Graph& graph, const GraphIndex& index) {
  Candidates candidates;
  for (const Node& node : graph.nodes()) {
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
  std::map<const Node*, std::vector<const Node*>> dependents;
  std::vector<const Node*> dropped;
  const auto note = [&](const auto& entries, const auto& others) {
    for (const auto& [node, needed] : entries)
      for (const Node* other : needed) {
        dependents[other].push_back(node);
        if (!others.contains(other)) dropped.push_back(other);
      }
  };
  note(candidates.layers, candidates.attentions);
  note(candidates.attentions, candidates.layers);
  while (!dropped.empty()) {
    const Node* gone = dropped.back();
    dropped.pop_back();
    for (const Node* dependent : dependents[gone])
      if (candidates.layers.erase(dependent) + candidates.attentions.erase(dependent) > 0)
        dropped.push_back(dependent);
  }
}

}  // namespace

Status narrow_attention(Graph& graph, const PassOptions& options) {
  if (!options.features.bf16_attention.is_yes()) return Status::ok();
  const GraphIndex index(graph);
  Candidates candidates = find_candidates(graph, index);
  keep_closed(candidates);
  if (candidates.layers.empty()) return Status::ok();
  for (const auto& [layer, attentions] : candidates.layers)
    graph.edit<QuantizedLinearAttrs>(*layer).epilogue.output_type = DType::kBF16;
  return graph.refresh_types();
}

}  // namespace octet
