// Integer tensors whose element at [i, j, ..] is start + i * stride 0 + j * stride 1 + ..
#pragma once

#include <optional>
#include <vector>

#include "runtime/passes/match.h"

namespace octet {

struct AffineIndex {
  Dim start;
  std::vector<Dim> strides;  // one per axis; 0 along an axis of one element
};

// Looks through Range, int64 constants that count up along one axis, known contents of one element,
// Slice, Reshape that moves extents of 1 only, Expand, Cast between integers, Add, and Mul by one
// number; nullopt when `value` is made of anything else.
std::optional<AffineIndex> affine_index(const Graph& graph, const GraphIndex& index, ValueId value);

}  // namespace octet
