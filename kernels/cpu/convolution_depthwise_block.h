// The inner loops of a depthwise convolution: a band of one channel is copied with its padding,
// then every tap reads whole vectors of it.
#pragma once

#include <algorithm>

#include "kernels/cpu/convolution_shape.h"

namespace octet::cpu {

inline constexpr int64_t kBandColumns = 32;  // columns are computed in blocks of so many

// Some output rows of one channel, and the padded copy of what they read. Copied columns are sorted
// by their remainder modulo the stride ("phases"), so that neighbouring windows read neighbouring
// floats whatever the stride.
struct DepthwiseBand {
  const float* src;      // [height, width]
  const float* weights;  // [kernel_height, kernel_width]
  float bias;
  const float* residual;        // [dst_height, dst_width]; nullptr: none
  float* dst;                   // [dst_height, dst_width]
  int64_t first_row, last_row;  // of dst
  bool relu;
  float* copy;       // copy_floats()
  int64_t* offsets;  // [kernel_height * kernel_width], of the taps in the copy
};

// Columns of one phase of a copied row: enough that the last block reads whole vectors.
inline int64_t phase_floats(const ConvShape& shape) {
  const int64_t covered = shape.dilation_width * (shape.kernel_width - 1);
  return (shape.dst_width + kBandColumns - 1) / kBandColumns * kBandColumns +
         covered / shape.stride_width + 1;
}
inline int64_t copied_rows(const ConvShape& shape, int64_t rows) {
  return (rows - 1) * shape.stride_height + shape.dilation_height * (shape.kernel_height - 1) + 1;
}
// Output rows of a band: its copy takes about 64 KB, one row at least.
inline int64_t band_rows(const ConvShape& shape) {
  const int64_t row = phase_floats(shape) * shape.stride_width * shape.stride_height;
  return std::clamp<int64_t>(16384 / row - shape.dilation_height * (shape.kernel_height - 1), 1,
                             std::max<int64_t>(shape.dst_height, 1));
}
inline int64_t copy_floats(const ConvShape& shape) {
  return copied_rows(shape, band_rows(shape)) * phase_floats(shape) * shape.stride_width;
}

// Every sum is the bias, one fused multiply-add per tap in row-major order, + residual, max(0, x).
// Threading: any thread.
void convolve_band(const ConvShape& shape, const DepthwiseBand& band);

}  // namespace octet::cpu
