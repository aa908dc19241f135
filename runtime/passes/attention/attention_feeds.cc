// Ways from projections to attentions.
#include "runtime/passes/attention/attention_feeds.h"

#include <algorithm>

#include "runtime/passes/views.h"

namespace octet {
namespace {

bool is_view_or_slice(const Node& node) {
  return is_view(node) || node.as<SliceAttrs>() != nullptr;
}

}  // namespace

std::optional<std::vector<AttentionInput>> fed_attention_inputs(const Graph& graph,
                                                                const GraphIndex& index,
                                                                ValueId value) {
  std::vector<AttentionInput> ends;
  std::vector<ValueId> pending = {value};
  while (!pending.empty()) {
    const ValueId current = pending.back();
    pending.pop_back();
    std::vector<const Node*> readers = index.users(current);
    if (readers.empty() || graph.is_output(current)) return std::nullopt;
    // A node that reads the value twice is listed twice, and each time seen with all its inputs.
    readers.erase(std::unique(readers.begin(), readers.end()), readers.end());
    for (const Node* reader : readers) {
      if (is_view_or_slice(*reader)) {
        pending.push_back(reader->outputs[0]);
        continue;
      }
      if (reader->as<AttentionAttrs>() == nullptr) return std::nullopt;
      for (size_t input = 0; input < reader->inputs.size(); ++input) {
        if (reader->inputs[input] != current) continue;
        if (input > 2) return std::nullopt;
        ends.push_back({reader, input});
      }
    }
  }
  return ends;
}

ValueId source_of_views(const GraphIndex& index, ValueId value) {
  for (int step = 0; step < kMostViews; ++step) {
    const Node* node = index.producer(value);
    if (node == nullptr || !is_view_or_slice(*node)) break;
    value = node->inputs[0];
  }
  return value;
}

}  // namespace octet
