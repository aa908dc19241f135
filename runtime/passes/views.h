// Nodes that move or rename elements without changing them, and constant factors among them.
#pragma once

#include "runtime/passes/match.h"

namespace octet {

// Views on the way to what a pass looks for; a longer chain is not followed, so that many readers
// of one long chain cost no more than their number.
inline constexpr int kMostViews = 32;

// Reshape and Transpose: every element stays, its index changes.
bool is_view(const Node& node);
// A Cast to the type that its input already has.
bool is_idle_cast(const Graph& graph, const Node& node);
bool same_shape(const Graph& graph, ValueId lhs, ValueId rhs);

// The node that multiplies or divides by a constant scalar, seen from its output: output = factor *
// source.
struct ScalarFactor {
  ValueId source;
  float factor;
};
// nullopt where the f32 `value` is not made by Mul or Div with a constant scalar that leaves the
// other operand's shape.
std::optional<ScalarFactor> scalar_factor(const Graph& graph, const GraphIndex& index,
                                          ValueId value);

// `value` with every scalar factor below views taken out and multiplied into `scale`; the views
// above a factor are made again over its source; at most kMostViews are looked through. Appends
// nodes where there is something to take out.
Result<ValueId> take_out_scale(Graph& graph, const GraphIndex& index, ValueId value, float& scale);

}  // namespace octet
