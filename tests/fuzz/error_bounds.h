// How far two correct evaluations of a graph in float32 may be apart, derived node by node.
//
// A bound holds for every element of a value. It is 0 where the arithmetic is exact: movement,
// integers, and sums and products of small integers in floats, which no order of evaluation rounds.
// It is infinite where nothing can be told: after a step (a comparison, a floor) over inexact
// values, near a pole, and after NaN or infinities met arithmetic; the codes of inexact values
// may be off by a step each (code_error_bounds.cc). Where it is infinite only the type is compared.
#pragma once

#include <vector>

#include "runtime/graph/graph.h"

namespace octet::fuzz {

// By ValueId. `values` has the tensor of every value that `graph` makes, as the reference computed
// it; slope and rounding of each op are written beside its rule.
std::vector<double> error_bounds(const Graph& graph, const std::vector<Tensor>& values);

}  // namespace octet::fuzz
