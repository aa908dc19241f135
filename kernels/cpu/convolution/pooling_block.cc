// One band of a pooling.
#include <algorithm>

#include "kernels/cpu/convolution/pooling.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/convolution/pooling_block.cc"
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

// Taps [first, last) along an axis that some of `count` windows from `window` on find in src; the
// others are padding for all of them, which changes neither a maximum nor a sum.
struct Taps {
  int64_t first, last;
};
Taps taps_in_src(int64_t window, int64_t count, int64_t stride, int64_t dilation, int64_t begin,
                 int64_t kernel, int64_t extent) {
  const int64_t lowest = begin - (window + count - 1) * stride;  // of tap * dilation
  const int64_t highest = extent - 1 + begin - window * stride;
  return {lowest <= 0 ? 0 : (lowest + dilation - 1) / dilation,
          highest < 0 ? 0 : std::min(kernel, highest / dilation + 1)};
}

// Few taps are not worth the divisions.
constexpr int64_t kManyTaps = 64;

// Columns of `rows` rows and one vector; there are enough rows at once to hide latencies.
template <class Function, int rows>
HWY_INLINE void pool_rows(const ConvShape& shape, const PoolBand& band, int64_t y, int64_t x) {
  const F32 d;
  const int64_t src_row = cpu::band_row_floats(shape);
  const float* src = band.band.copy + (y - band.band.first_row) * src_row + x;
  VecF32 values[rows];
  for (VecF32& value : values) value = hn::Set(d, band.band.padding);
  const auto join_taps = [&](int64_t first, int64_t last) HWY_ATTR {
    for (int64_t t = first; t < last; ++t) {
      const float* from = src + band.band.offsets[t];
      for (int r = 0; r < rows; ++r)
        values[r] = Function::join(values[r], hn::LoadU(d, from + r * src_row));
    }
  };
  const int64_t taps = shape.kernel_height * shape.kernel_width;
  if (taps <= kManyTaps) {
    join_taps(0, taps);
  } else {
    const Taps ky = taps_in_src(y, rows, shape.stride_height, shape.dilation_height,
                                shape.begin_height, shape.kernel_height, shape.height);
    const Taps kx = taps_in_src(x, kLanes, shape.stride_width, shape.dilation_width,
                                shape.begin_width, shape.kernel_width, shape.width);
    for (int64_t k = ky.first; k < ky.last; ++k)
      join_taps(k * shape.kernel_width + kx.first, k * shape.kernel_width + kx.last);
  }
  const auto count = static_cast<size_t>(std::min(shape.dst_width - x, kLanes));
  for (int r = 0; r < rows; ++r)
    hn::StoreN(Function::finish(values[r], band, y + r, x), d,
               band.dst + (y + r) * shape.dst_width + x, count);
}

template <class Function>
HWY_INLINE void pool(const ConvShape& shape, const PoolBand& band) {
  const int64_t units = cpu::block_units(shape, band.band) * kLanes / kBandColumns + 1;
  for (int64_t x = 0; x < shape.dst_width && !band.band.beat->stop(units); x += kLanes) {
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
