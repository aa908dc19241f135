// Tables of taps.
#include <algorithm>
#include <limits>

#include "kernels/cpu/sampling/sample_planes.h"

namespace octet::cpu {

TapTable::TapTable(std::byte* scratch, std::span<const int64_t> spatial)
    : offsets_(reinterpret_cast<int32_t*>(scratch)),
      weights_(
          reinterpret_cast<float*>(scratch + kSamplePositions * kSampleTaps * sizeof(int32_t))),
      strides_(contiguous_strides(Shape(spatial))) {}

void TapTable::clear(int64_t taps) {
  assert(taps <= kSampleTaps);
  taps_ = taps;
  std::fill_n(offsets_, taps * kSamplePositions, -1);
  std::fill_n(weights_, taps * kSamplePositions, 0.0f);
}

void TapTable::set(int64_t position, int64_t first_tap, std::span<const numerics::AxisTaps> axes,
                   double weight) {
  std::array<int, kMaxRank> at{};
  for (int64_t tap = first_tap;; ++tap) {
    int64_t offset = 0;
    double product = weight;
    bool is_inside = true;
    for (size_t axis = 0; axis < axes.size(); ++axis) {
      const auto i = static_cast<size_t>(at[axis]);
      is_inside = is_inside && axes[axis].index[i] >= 0;
      offset += axes[axis].index[i] * strides_[static_cast<int>(axis)];
      product *= axes[axis].weight[i];
    }
    const int64_t place = tap * kSamplePositions + position;
    offsets_[place] = is_inside ? static_cast<int32_t>(offset) : -1;
    weights_[place] = is_inside ? static_cast<float>(product) : 0.0f;
    size_t axis = axes.size();
    while (axis > 0 && ++at[axis - 1] == axes[axis - 1].count) at[--axis] = 0;
    if (axis == 0) return;
  }
}

Status check_plane(int64_t elements) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  if (elements <= kMost) return Status::ok();
  return unsupported("a plane of " + std::to_string(elements) + " elements is sampled; at most " +
                     std::to_string(kMost) + " are supported");
}

}  // namespace octet::cpu
