// Extents of convolutions and pooling.
#include "kernels/cpu/convolution/convolution_shape.h"

#include <algorithm>

namespace octet::cpu {

ConvShape conv_shape(const Window& window, int64_t groups, const Shape& src, const Shape& dst) {
  assert(window.rank() == 1 || window.rank() == 2);
  assert(src.rank() == static_cast<int>(window.rank()) + 2 && dst.rank() == src.rank());
  ConvShape shape;
  shape.images = src[0];
  shape.channels = src[1];
  shape.dst_channels = dst[1];
  shape.groups = groups;
  const size_t last = window.rank() - 1;
  shape.width = src.back();
  shape.dst_width = dst.back();
  shape.kernel_width = window.kernel[last];
  shape.stride_width = window.strides[last];
  shape.dilation_width = window.dilations[last];
  shape.begin_width = pads_of(window, last, shape.width).begin;
  if (last == 1) {
    shape.height = src[2];
    shape.dst_height = dst[2];
    shape.kernel_height = window.kernel[0];
    shape.stride_height = window.strides[0];
    shape.dilation_height = window.dilations[0];
    shape.begin_height = pads_of(window, 0, shape.height).begin;
  }
  return shape;
}

TapRange windows_inside(int64_t offset, int64_t stride, int64_t extent, int64_t count) {
  // The least i with i * stride + offset >= 0, and the number of i with i * stride + offset <
  // extent.
  const int64_t first = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
  const int64_t last = extent <= offset ? 0 : (extent - offset + stride - 1) / stride;
  return {first, std::min(last, count)};
}

}  // namespace octet::cpu
