// ONNX's clamping of slice bounds, over symbolic extents.
#pragma once

#include "runtime/core/status.h"
#include "runtime/ops/dim.h"

namespace octet {

struct SliceRange {
  Dim start;
  Dim count;
  int64_t step = 1;
};

// The range of `start`:`end`:`step` on an axis of `extent`, as ONNX Slice clamps it (negative
// bounds count from the end). One exception: an `end` that depends on the input shapes, on an axis
// of constant extent above 1, is not clamped; the type rule of Slice refuses inputs that exceed the
// axis. That keeps table[:seq] of extent seq, not min(seq, 512), and no model wants fewer rows than
// it asks for. Error: step 0.
Result<SliceRange> slice_range(const Dim& start, const Dim& end, int64_t step, const Dim& extent);

}  // namespace octet
