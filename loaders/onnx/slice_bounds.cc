// Case analysis by the sign of the step and of the bounds.
#include "loaders/onnx/slice_bounds.h"

#include <algorithm>

namespace octet {
namespace {

// Bounds beyond this mean "to the end"; exporters write INT32_MAX and INT64_MAX, and no extent is
// so large.
constexpr int64_t kUnbounded = int64_t{1} << 31;

// `bound` counted from the front and clamped to [low, high], high = extent or extent - 1.
Dim clamp(const Dim& bound, const Dim& extent, int64_t low, const Dim& high) {
  if (bound.is_constant() && bound.value() >= kUnbounded) return high;
  if (bound.is_constant() && bound.value() <= -kUnbounded) return low;
  if (bound.is_at_least(0)) return Dim::min(bound, high);
  if (bound.is_at_most(-1)) return Dim::max(extent + bound, low);
  // extent - 1 is negative where the axis is empty, and still is when it is counted from the end:
  // extent + bound is at most (behind - 1) - 1 then.
  const Dim behind = extent - bound;
  const bool wraps = !behind.is_constant() || behind.value() > low + 2;
  const Dim wrapped = wraps ? Dim::select(Dim::greater(0, bound), bound + extent, bound) : bound;
  return Dim::max(Dim::min(wrapped, high), low);
}

SliceRange forward(const Dim& start, const Dim& end, int64_t step, const Dim& extent) {
  Dim first = clamp(start, extent, 0, extent);
  Dim last = clamp(end, extent, 0, extent);
  // Of an axis that turns out to be shorter, nothing is taken: the start may stay as it is.
  if (start.is_at_least(0) && !(start.is_constant() && start.value() >= kUnbounded) &&
      !extent.is_constant())
    first = start;
  // An axis of 1 may be meant to be broadcast, so it is clamped.
  const bool is_table = extent.is_constant() && extent.value() > 1;
  if (is_table && !end.is_constant() && end.is_at_least(0)) {
    last = end;
    const Dim span = end - start;
    const bool is_short =
        span.is_constant() && span.is_at_least(1) && span.is_at_most(extent.value());
    if (!start.is_constant() && start.is_at_least(0) && span.is_at_least(0)) {
      first = start;
    } else if (!start.is_constant() && step == 1 && is_short) {
      // [s - c : s]: a negative start counts from the end, behind which there is nothing.
      return {Dim::positive(start), span * Dim::greater(end, span - Dim(1)), 1};
    }
  }
  const Dim length = Dim::positive(last - first);
  // The sum below must not overflow, and a step beyond any extent picks one element all the same.
  step = std::min(step, kUnbounded);
  return {first, Dim::floor_div(length + Dim(step - 1), step), step};
}

SliceRange backward(const Dim& start, const Dim& end, int64_t step, const Dim& extent) {
  const Dim last_index = extent - Dim(1);
  const Dim first = Dim::min(clamp(start, extent, 0, last_index), last_index);
  const Dim last = clamp(end, extent, -1, last_index);
  const Dim length = Dim::positive(first - last);
  step = std::max(step, -kUnbounded);
  return {first, Dim::floor_div(length + Dim(-step - 1), -step), step};
}

}  // namespace

Result<SliceRange> slice_range(const Dim& start, const Dim& end, int64_t step, const Dim& extent) {
  if (step == 0) return invalid_model("a slice has step 0");
  SliceRange range =
      step > 0 ? forward(start, end, step, extent) : backward(start, end, step, extent);
  if (range.count == Dim(0)) return SliceRange{0, 0, 1};
  if (range.count == Dim(1)) range.step = 1;
  return range;
}

}  // namespace octet
