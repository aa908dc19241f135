// Pass: a convolution over patches that don't overlap becomes a linear layer over rows of patches.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Conv of src f32 [N, C, H, W] with constant f32 weights [M, C, h, w], strides equal to the kernel,
// constant H and W that it divides, no padding, dilation, groups, activation or residual, whose
// only reader makes rows of its pixels: Reshape to [N, M, H/h * W/w] and Transpose {0, 2, 1}, or
// Transpose {0, 2, 3, 1}. It becomes Reshape, Transpose, Reshape of src to [N, pixels, C * h * w]
// and a Linear of the same name with the weights as [M, C * h * w]; the transpose of the result is
// gone. So it is quantized and joins a region as linear layers are.
Status patch_embedding(Graph& graph, const PassOptions& options);

}  // namespace octet
