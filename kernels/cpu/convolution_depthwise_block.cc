// One band of a depthwise convolution.
#include "kernels/cpu/convolution_depthwise_block.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/convolution_depthwise_block.cc"
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

void copy_band(const ConvShape& shape, const DepthwiseBand& band) {
  const int64_t pitch = cpu::phase_floats(shape);
  float* to = band.copy;
  const int64_t first_y = band.first_row * shape.stride_height - shape.begin_height;
  const int64_t rows = cpu::copied_rows(shape, band.last_row - band.first_row);
  for (int64_t y = first_y; y < first_y + rows; ++y) {
    if (y < 0 || y >= shape.height) {
      std::fill_n(to, pitch * shape.stride_width, 0.0f);
      to += pitch * shape.stride_width;
      continue;
    }
    const float* row = band.src + y * shape.width;
    for (int64_t phase = 0; phase < shape.stride_width; ++phase, to += pitch) {
      const int64_t offset = phase - shape.begin_width;
      const cpu::TapRange inside =
          cpu::windows_inside(offset, shape.stride_width, shape.width, pitch);
      const int64_t first = std::min(inside.first, pitch), last = std::max(inside.last, first);
      std::fill_n(to, first, 0.0f);
      if (shape.stride_width == 1)
        std::copy_n(row + first + offset, last - first, to + first);
      else
        for (int64_t i = first; i < last; ++i) to[i] = row[i * shape.stride_width + offset];
      std::fill_n(to + last, pitch - last, 0.0f);
    }
  }
}

template <int rows>
HWY_INLINE void convolve(const ConvShape& shape, const DepthwiseBand& band, int64_t y, int64_t x) {
  const F32 d;
  const int64_t src_row = cpu::phase_floats(shape) * shape.stride_width * shape.stride_height;
  const float* src = band.copy + (y - band.first_row) * src_row + x;
  VecF32 sums[rows][kVectors];
  for (auto& row : sums)
    for (VecF32& sum : row) sum = hn::Set(d, band.bias);
  const int64_t taps = shape.kernel_height * shape.kernel_width;
  for (int64_t t = 0; t < taps; ++t) {
    const VecF32 weight = hn::Set(d, band.weights[t]);
    const float* from = src + band.offsets[t];
    for (int r = 0; r < rows; ++r)
      for (int v = 0; v < kVectors; ++v)
        sums[r][v] = hn::MulAdd(weight, hn::LoadU(d, from + r * src_row + v * kLanes), sums[r][v]);
  }
  for (int r = 0; r < rows; ++r)
    for (int64_t v = 0; v < kVectors; ++v) {
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
  const int64_t pitch = cpu::phase_floats(shape);
  int64_t tap = 0;
  for (int64_t ky = 0; ky < shape.kernel_height; ++ky)
    for (int64_t kx = 0; kx < shape.kernel_width; ++kx) {
      const int64_t x = kx * shape.dilation_width;
      band.offsets[tap++] =
          (ky * shape.dilation_height * shape.stride_width + x % shape.stride_width) * pitch +
          x / shape.stride_width;
    }
  copy_band(shape, band);
  for (int64_t x = 0; x < shape.dst_width; x += kColumns) {
    int64_t y = band.first_row;
    for (; y + 4 <= band.last_row; y += 4) convolve<4>(shape, band, y, x);
    for (; y < band.last_row; ++y) convolve<1>(shape, band, y, x);
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
