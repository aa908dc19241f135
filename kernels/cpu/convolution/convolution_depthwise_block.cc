// One band of a depthwise convolution.
#include "kernels/cpu/convolution/convolution_depthwise_block.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/convolution/convolution_depthwise_block.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using cpu::ConvShape;
using cpu::DepthwiseBand;
using cpu::kBandColumns;

using F32 = hn::CappedTag<float, 16>;
using VecF32 = hn::Vec<F32>;
constexpr int64_t kLanes = hn::MaxLanes(F32());
constexpr int kVectors = 2;
constexpr int64_t kColumns = kVectors * kLanes;
static_assert(kBandColumns % kColumns == 0);

template <int rows, int vectors>
HWY_INLINE void convolve(const ConvShape& shape, const DepthwiseBand& band, int64_t y, int64_t x) {
  const F32 d;
  const int64_t src_row = cpu::band_row_floats(shape);
  const float* src = band.band.copy + (y - band.band.first_row) * src_row + x;
  VecF32 sums[rows][vectors];
  for (auto& row : sums)
    for (VecF32& sum : row) sum = hn::Set(d, band.bias);
  const int64_t taps = shape.kernel_height * shape.kernel_width;
  for (int64_t t = 0; t < taps; ++t) {
    const VecF32 weight = hn::Set(d, band.weights[t]);
    const float* from = src + band.band.offsets[t];
    for (int r = 0; r < rows; ++r)
      for (int v = 0; v < vectors; ++v)
        sums[r][v] = hn::MulAdd(weight, hn::LoadU(d, from + r * src_row + v * kLanes), sums[r][v]);
  }
  for (int r = 0; r < rows; ++r)
    for (int64_t v = 0; v < vectors; ++v) {
      const int64_t at = (y + r) * shape.dst_width + x + v * kLanes;
      const int64_t count = std::min(shape.dst_width - x - v * kLanes, kLanes);
      if (count <= 0) break;
      const auto n = static_cast<size_t>(count);
      VecF32 sum = sums[r][v];
      if (band.residual != nullptr) sum = hn::Add(sum, hn::LoadN(d, band.residual + at, n));
      if (band.relu) sum = hn::Max(hn::Zero(d), sum);
      hn::StoreN(sum, d, band.dst + at, n);
    }
}

void run_band(const ConvShape& shape, const DepthwiseBand& band) {
  const int64_t units = cpu::block_units(shape, band.band);
  for (int64_t x = 0; x < shape.dst_width && !band.band.beat->stop(units); x += kColumns) {
    int64_t y = band.band.first_row;
    if (shape.dst_width - x <= kLanes) {
      for (; y + 8 <= band.band.last_row; y += 8) convolve<8, 1>(shape, band, y, x);
      for (; y < band.band.last_row; ++y) convolve<1, 1>(shape, band, y, x);
    } else {
      for (; y + 4 <= band.band.last_row; y += 4) convolve<4, kVectors>(shape, band, y, x);
      for (; y < band.band.last_row; ++y) convolve<1, kVectors>(shape, band, y, x);
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {

HWY_EXPORT(run_band);

void convolve_band(const ConvShape& shape, const DepthwiseBand& band) {
  HWY_DYNAMIC_DISPATCH(run_band)(shape, band);
}

}  // namespace octet::cpu
#endif  // HWY_ONCE
