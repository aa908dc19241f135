// Rows of the kernel table for Conv in f32 with one or two spatial axes.
#pragma once

#include "kernels/api/kernel_table.h"
#include "kernels/cpu/convolution/convolution_shape.h"

namespace octet::cpu {

// "conv/depthwise": one channel per group on both sides, constant or computed weights.
Support accept_depthwise_conv(const KernelRequest& request);
Result<Kernel> make_depthwise_conv(const KernelRequest& request);

// "conv/highway": everything else, as a product of weights and patches (convolution_block.h).
// Constant weights are packed once and not read by runs.
Support accept_conv(const KernelRequest& request);
Result<Kernel> make_conv(const KernelRequest& request);

// The conditions of both: f32, at most two spatial axes.
Support require_conv(const KernelRequest& request);

// Applies an activation that is no ReLU to `count` finished elements.
void apply_activation(Activation activation, float* data, int64_t count);

}  // namespace octet::cpu
