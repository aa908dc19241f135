// Arithmetic of strides, with overflow.
#include "runtime/core/strides.h"

#include <utility>

namespace octet {

std::optional<Reach> reach_of(const Shape& shape, const Strides& strides) {
  Reach reach{0, 0};
  bool overflows = false;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] == 0) return Reach{};
    if (shape[axis] == 1) continue;
    int64_t steps = 0;
    overflows |= __builtin_mul_overflow(shape[axis] - 1, strides[axis], &steps);
    int64_t& end = steps < 0 ? reach.first : reach.last;
    overflows |= __builtin_add_overflow(end, steps, &end);
  }
  if (overflows) return std::nullopt;
  return reach;
}

bool elements_are_apart(const Shape& shape, const Strides& strides) {
  // Size of the stride, extent. Unsigned, so that neither the size nor the sum overflows.
  std::array<std::pair<uint64_t, uint64_t>, kMaxRank> steps;
  size_t count = 0;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] == 0) return true;
    if (shape[axis] == 1) continue;
    size_t at = count++;  // sorted in: there are few
    const auto stride = static_cast<uint64_t>(strides[axis]);
    const std::pair step(strides[axis] < 0 ? 0 - stride : stride,
                         static_cast<uint64_t>(shape[axis]));
    for (; at > 0 && steps[at - 1].first > step.first; --at) steps[at] = steps[at - 1];
    steps[at] = step;
  }
  uint64_t reached = 0;
  for (size_t i = 0; i < count; ++i) {
    const auto [stride, extent] = steps[i];
    if (stride <= reached) return false;
    reached += stride * (extent - 1);
  }
  return true;
}

}  // namespace octet
