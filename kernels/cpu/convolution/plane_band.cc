// Copies a band of one channel with its padding.
#include "kernels/cpu/convolution/plane_band.h"

#include <string>

#include "runtime/ops/work.h"

namespace octet::cpu {

void copy_band(const ConvShape& shape, const PlaneBand& band) {
  const int64_t pitch = phase_floats(shape);
  int64_t tap = 0;
  for (int64_t ky = 0; ky < shape.kernel_height; ++ky)
    for (int64_t kx = 0; kx < shape.kernel_width; ++kx) {
      const int64_t x = kx * shape.dilation_width;
      const int64_t row = ky * shape.dilation_height * shape.stride_width;
      band.offsets[tap++] = (row + x % shape.stride_width) * pitch + x / shape.stride_width;
    }
  float* to = band.copy;
  const int64_t first_y = band.first_row * shape.stride_height - shape.begin_height;
  const int64_t rows = copied_rows(shape, band.last_row - band.first_row);
  for (int64_t y = first_y; y < first_y + rows; ++y) {
    if (band.beat->stop(pitch * shape.stride_width / 8)) return;
    if (y < 0 || y >= shape.height) {
      to = std::fill_n(to, pitch * shape.stride_width, band.padding);
      continue;
    }
    const float* row = band.src + y * shape.width;
    for (int64_t phase = 0; phase < shape.stride_width; ++phase, to += pitch) {
      const int64_t offset = phase - shape.begin_width;
      const TapRange inside = windows_inside(offset, shape.stride_width, shape.width, pitch);
      const int64_t first = std::min(inside.first, pitch), last = std::max(inside.last, first);
      std::fill_n(to, first, band.padding);
      if (shape.stride_width == 1)
        std::copy_n(row + first + offset, last - first, to + first);
      else
        for (int64_t i = first; i < last; ++i) to[i] = row[i * shape.stride_width + offset];
      std::fill_n(to + last, pitch - last, band.padding);
    }
  }
}

std::string band_refusal(const Window& window) {
  constexpr int64_t kMaxCovered = 1024, kMaxStride = 64;
  for (size_t axis = 0; axis < window.rank(); ++axis) {
    if (window.covered(axis) > kMaxCovered)
      return "a window covers more than 1024 elements, found " +
             std::to_string(window.covered(axis));
    if (window.strides[axis] > kMaxStride)
      return "the stride is more than 64, found " + std::to_string(window.strides[axis]);
  }
  return {};
}

Support require_useful_taps(const Window& window, const KernelRequest& request) {
  // Of all windows along the axes whose extents are known.
  double taps = 1, useful = 1, windows = 1;
  for (size_t axis = 0; axis < window.rank(); ++axis) {
    const Dim &src = request.inputs[0]->shape[axis + 2], &dst = request.outputs[0].shape[axis + 2];
    const auto kernel = static_cast<double>(window.kernel[axis]);
    const bool known = src.is_constant() && dst.is_constant() && dst.value() > 0;
    const double count = known ? static_cast<double>(dst.value()) : 1;
    taps *= kernel * count;
    useful *= known ? useful_taps(window, axis, src.value(), dst.value()) : kernel;
    windows *= count;
  }
  if (taps <= 8 * (useful + windows)) return Support::yes();
  return Support::no("most taps of the windows lie in padding");
}

}  // namespace octet::cpu
