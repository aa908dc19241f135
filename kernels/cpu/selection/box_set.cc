// Comparison of a box with many, in the arithmetic of numerics::overlaps().
#include <algorithm>

#include "kernels/cpu/selection/box_set.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/selection/box_set.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using F32 = hn::CappedTag<float, 16>;
using VecF32 = hn::Vec<F32>;
constexpr int64_t kLanes = hn::MaxLanes(F32());

// The side that both share; no more than 0 where there is none.
HWY_INLINE VecF32 shared_side(const cpu::BoxSet& set, const numerics::Box& box, int axis,
                              int64_t first, size_t count) {
  const F32 d;
  const VecF32 high =
      hn::Min(hn::Set(d, box.high[axis]), hn::LoadN(d, set.high(axis) + first, count));
  const VecF32 low = hn::Max(hn::Set(d, box.low[axis]), hn::LoadN(d, set.low(axis) + first, count));
  return hn::Sub(high, low);
}

// A box with a coordinate that is no number has an area that is none, and overlaps nothing. So have
// the boxes behind the last one: an area of 0.
bool overlaps_any(const cpu::BoxSet& set, const numerics::Box& box, float most) {
  const F32 d;
  const float area = box.area();
  if (!(area > 0)) return false;
  const VecF32 zero = hn::Zero(d);
  for (int64_t i = 0; i < set.count(); i += kLanes) {
    const auto count = static_cast<size_t>(std::min(set.count() - i, kLanes));
    const VecF32 height = shared_side(set, box, 0, i, count);
    const VecF32 width = shared_side(set, box, 1, i, count);
    const VecF32 areas = hn::LoadN(d, set.areas() + i, count);
    const auto shares =
        hn::And(hn::And(hn::Gt(height, zero), hn::Gt(width, zero)), hn::Gt(areas, zero));
    if (hn::AllFalse(d, shares)) continue;
    const VecF32 common = hn::Mul(height, width);
    const VecF32 covered = hn::Sub(hn::Add(hn::Set(d, area), areas), common);
    const auto too_much = hn::Gt(hn::Div(common, covered), hn::Set(d, most));
    if (!hn::AllFalse(d, hn::And(shares, too_much))) return true;
  }
  return false;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {

HWY_EXPORT(overlaps_any);

bool overlaps_any(const BoxSet& set, const numerics::Box& box, float most) {
  return HWY_DYNAMIC_DISPATCH(overlaps_any)(set, box, most);
}

}  // namespace octet::cpu
#endif  // HWY_ONCE
