// The inner loop of a depthwise convolution over one band of a channel.
#pragma once

#include "kernels/cpu/convolution/plane_band.h"

namespace octet::cpu {

struct DepthwiseBand {
  PlaneBand band;        // copied, with zeros as padding
  const float* weights;  // [kernel_height, kernel_width]
  float bias;
  const float* residual;  // [dst_height, dst_width]; nullptr: none
  float* dst;             // [dst_height, dst_width]
  bool relu;
};

// Every sum is the bias, one fused multiply-add per tap in row-major order, + residual, max(0, x).
// Threading: any thread.
void convolve_band(const ConvShape& shape, const DepthwiseBand& band);

}  // namespace octet::cpu
