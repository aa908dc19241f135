// One band of a pooling.
#include "kernels/cpu/pooling.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/pooling_block.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using cpu::ConvShape;
using cpu::kBandColumns;
using cpu::PoolBand;

using F32 = hn::CappedTag<float, 16>;
using VecF32 = hn::Vec<F32>;
constexpr int64_t kLanes = hn::MaxLanes(F32());
static_assert(kBandColumns % kLanes == 0);

struct Largest {
  static HWY_INLINE VecF32 join(VecF32 largest, VecF32 tap) {
    // Max() gives its second argument where one is NaN.
    return hn::IfThenElse(hn::IsNaN(tap), tap, hn::Max(tap, largest));
  }
  static HWY_INLINE VecF32 finish(VecF32 largest, const PoolBand&, int64_t, int64_t) {
    return largest;
  }
};

struct Mean {
  static HWY_INLINE VecF32 join(VecF32 sum, VecF32 tap) { return hn::Add(sum, tap); }
  static HWY_INLINE VecF32 finish(VecF32 sum, const PoolBand& band, int64_t y, int64_t x) {
    const F32 d;
    return hn::Div(sum,
                   hn::Mul(hn::Set(d, band.row_counts[y]), hn::LoadU(d, band.column_counts + x)));
  }
};

// Columns of `rows` rows and one vector; there are enough rows at once to hide latencies.
template <class Function, int rows>
HWY_INLINE void pool_rows(const ConvShape& shape, const PoolBand& band, int64_t y, int64_t x) {
  const F32 d;
  const int64_t src_row = cpu::band_row_floats(shape);
  const float* src = band.band.copy + (y - band.band.first_row) * src_row + x;
  VecF32 values[rows];
  for (VecF32& value : values) value = hn::Set(d, band.band.padding);
  const int64_t taps = shape.kernel_height * shape.kernel_width;
  for (int64_t t = 0; t < taps; ++t) {
    const float* from = src + band.band.offsets[t];
    for (int r = 0; r < rows; ++r)
      values[r] = Function::join(values[r], hn::LoadU(d, from + r * src_row));
  }
  const auto count = static_cast<size_t>(std::min(shape.dst_width - x, kLanes));
  for (int r = 0; r < rows; ++r)
    hn::StoreN(Function::finish(values[r], band, y + r, x), d,
               band.dst + (y + r) * shape.dst_width + x, count);
}

template <class Function>
HWY_INLINE void pool(const ConvShape& shape, const PoolBand& band) {
  for (int64_t x = 0; x < shape.dst_width; x += kLanes) {
    int64_t y = band.band.first_row;
    for (; y + 4 <= band.band.last_row; y += 4) pool_rows<Function, 4>(shape, band, y, x);
    for (; y < band.band.last_row; ++y) pool_rows<Function, 1>(shape, band, y, x);
  }
}

void largest(const ConvShape& shape, const PoolBand& band) { pool<Largest>(shape, band); }
void mean(const ConvShape& shape, const PoolBand& band) { pool<Mean>(shape, band); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {

HWY_EXPORT(largest);
HWY_EXPORT(mean);

void pool_max(const ConvShape& shape, const PoolBand& band) {
  HWY_DYNAMIC_DISPATCH(largest)(shape, band);
}
void pool_mean(const ConvShape& shape, const PoolBand& band) {
  HWY_DYNAMIC_DISPATCH(mean)(shape, band);
}

}  // namespace octet::cpu
#endif  // HWY_ONCE
