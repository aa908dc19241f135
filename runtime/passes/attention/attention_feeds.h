// Follows values through views to the attentions that they feed.
#pragma once

#include <optional>
#include <vector>

#include "runtime/passes/match.h"

namespace octet {

struct AttentionInput {
  const Node* attention;
  size_t input;  // 0: q, 1: k, 2: v
};

// All ends of the ways on which `value` is read, seen through Reshape, Transpose and Slice. nullopt
// where an end is not q, k or v of an Attention, where a value on the way is a graph output, or
// where nobody reads it. Node pointers live until nodes are added.
std::optional<std::vector<AttentionInput>> fed_attention_inputs(const Graph& graph,
                                                                const GraphIndex& index,
                                                                ValueId value);

// What `value` is a view of: the first value upwards that no Reshape, Transpose or Slice makes;
// of more than kMostViews of them another view.
ValueId source_of_views(const GraphIndex& index, ValueId value);

}  // namespace octet
