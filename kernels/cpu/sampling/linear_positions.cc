// Positions of a linear GridSample in pictures, a vector of them at once.
#include <algorithm>

#include "kernels/cpu/sampling/sample_planes.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/sampling/linear_positions.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using cpu::kSamplePositions;
using cpu::TapTable;

using F32 = hn::CappedTag<float, 16>;
using I32 = hn::RebindToSigned<F32>;
using VecF32 = hn::Vec<F32>;
using VecI32 = hn::Vec<I32>;
constexpr int64_t kLanes = hn::MaxLanes(F32());
static_assert(kSamplePositions % kLanes == 0);

// The operations of numerics::grid_position(), in the same order. What is no number is outside.
HWY_INLINE VecF32 position(const GridSampleAttrs& attrs, VecF32 coordinate, float length) {
  const F32 d;
  const VecF32 one = hn::Set(d, 1.0f), half = hn::Set(d, 0.5f), extent = hn::Set(d, length);
  const VecF32 last = hn::Sub(extent, one), sum = hn::Add(coordinate, one);
  VecF32 at = attrs.align_corners ? hn::Mul(hn::Mul(sum, half), last)
                                  : hn::Mul(hn::Sub(hn::Mul(sum, extent), one), half);
  at = hn::IfThenElse(hn::IsNaN(at), hn::Set(d, -4.0f), at);
  if (attrs.padding == GridPadding::kBorder) {
    const VecF32 low = attrs.align_corners ? hn::Zero(d) : hn::Set(d, -0.5f);
    const VecF32 high = attrs.align_corners ? last : hn::Sub(extent, half);
    const auto is_outside = hn::Or(hn::Lt(at, low), hn::Gt(at, high));
    at = hn::IfThenElse(is_outside, hn::Clamp(at, hn::Zero(d), last), at);
  }
  return hn::Clamp(at, hn::Set(d, -4.0f), hn::Add(extent, hn::Set(d, 4.0f)));
}

// Tap 0 or 1 of an axis: its element, moved to the border or -1, and its weight.
HWY_INLINE VecI32 element(const GridSampleAttrs& attrs, VecI32 index, int64_t extent) {
  const I32 di;
  const VecI32 last = hn::Set(di, static_cast<int32_t>(extent - 1));
  if (attrs.padding == GridPadding::kBorder) return hn::Clamp(index, hn::Zero(di), last);
  const auto inside = hn::And(hn::Ge(index, hn::Zero(di)), hn::Le(index, last));
  return hn::IfThenElse(inside, index, hn::Set(di, -1));
}

void set_positions(const GridSampleAttrs& attrs, const float* grid, int64_t count, int64_t height,
                   int64_t width, TapTable& table) {
  const F32 d;
  const I32 di;
  float coordinates[2 * kSamplePositions] = {};
  std::copy_n(grid, 2 * count, coordinates);
  const VecI32 row = hn::Set(di, static_cast<int32_t>(width));
  for (int64_t p = 0; p < count; p += kLanes) {
    VecF32 x, y;
    hn::LoadInterleaved2(d, coordinates + 2 * p, x, y);
    x = position(attrs, x, static_cast<float>(width));
    y = position(attrs, y, static_cast<float>(height));
    const VecF32 left = hn::Floor(x), top = hn::Floor(y);
    const VecF32 one = hn::Set(d, 1.0f);
    const VecF32 fractions[] = {hn::Sub(x, left), hn::Sub(y, top)};
    const VecF32 weights_x[] = {hn::Sub(one, fractions[0]), fractions[0]};
    const VecF32 weights_y[] = {hn::Sub(one, fractions[1]), fractions[1]};
    const VecI32 first_x = hn::ConvertTo(di, left), first_y = hn::ConvertTo(di, top);
    const VecI32 next = hn::Set(di, 1);
    const VecI32 columns[] = {element(attrs, first_x, width),
                              element(attrs, hn::Add(first_x, next), width)};
    const VecI32 rows[] = {element(attrs, first_y, height),
                           element(attrs, hn::Add(first_y, next), height)};
    for (int tap = 0; tap < 4; ++tap) {
      const VecI32 down = rows[tap / 2], across = columns[tap % 2];
      const auto inside = hn::And(hn::Ge(down, hn::Zero(di)), hn::Ge(across, hn::Zero(di)));
      const VecI32 offset = hn::Add(hn::Mul(down, row), across);
      const VecF32 weight = hn::Mul(weights_y[tap / 2], weights_x[tap % 2]);
      const int64_t place = tap * kSamplePositions + p;
      hn::StoreU(hn::IfThenElse(inside, offset, hn::Set(di, -1)), di, table.offsets() + place);
      hn::StoreU(hn::IfThenElseZero(hn::RebindMask(d, inside), weight), d, table.weights() + place);
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {

HWY_EXPORT(set_positions);

bool has_linear_positions(const GridSampleAttrs& attrs, std::span<const int64_t> spatial) {
  constexpr int64_t kMostExtent = int64_t{1} << 23;  // all of whose places a float tells apart
  return attrs.mode == GridMode::kLinear && attrs.padding != GridPadding::kReflection &&
         spatial.size() == 2 && spatial[0] <= kMostExtent && spatial[1] <= kMostExtent;
}

void set_linear_positions(const GridSampleAttrs& attrs, const float* grid, int64_t count,
                          int64_t height, int64_t width, TapTable& table) {
  HWY_DYNAMIC_DISPATCH(set_positions)(attrs, grid, count, height, width, table);
}

}  // namespace octet::cpu
#endif  // HWY_ONCE
