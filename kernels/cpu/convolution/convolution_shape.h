// The extents of a convolution or pooling with one or two spatial axes, as the kernels count them.
#pragma once

#include "runtime/core/tensor.h"
#include "runtime/ops/conv.h"

namespace octet::cpu {

// src [images, channels, height, width] -> dst [images, dst_channels, dst_height, dst_width]. With
// one spatial axis that axis is the width and the height is 1. Window i covers src element i *
// stride + t * dilation - begin for t < kernel; elements outside of src are padding.
struct ConvShape {
  int64_t images = 0;
  int64_t channels = 0, height = 1, width = 1;
  int64_t dst_channels = 0, dst_height = 1, dst_width = 1;
  int64_t kernel_height = 1, kernel_width = 1;
  int64_t stride_height = 1, stride_width = 1;
  int64_t dilation_height = 1, dilation_width = 1;
  int64_t begin_height = 0, begin_width = 0;
  int64_t groups = 1;

  int64_t group_channels() const { return channels / groups; }  // of src
  int64_t group_rows() const { return dst_channels / groups; }  // of dst
  int64_t depth() const { return group_channels() * kernel_height * kernel_width; }
  int64_t src_plane() const { return height * width; }
  int64_t dst_plane() const { return dst_height * dst_width; }
};

// Precondition: window.rank() is 1 or 2, and src and dst are what the op's shape rule allows.
ConvShape conv_shape(const Window& window, int64_t groups, const Shape& src, const Shape& dst);

// The windows i in [0, count) whose tap at `offset` = t * dilation - begin reads an element of
// [0, extent): [first, last), empty when first >= last.
struct TapRange {
  int64_t first;
  int64_t last;
};
TapRange windows_inside(int64_t offset, int64_t stride, int64_t extent, int64_t count);

}  // namespace octet::cpu
