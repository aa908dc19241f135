// DeformColumns: what the windows of a deformable convolution read. An op of the long-tail lane.
#pragma once

#include "runtime/ops/long_tail.h"
#include "runtime/ops/window.h"

namespace octet {

// For each channel c, tap t.. of the kernel and output o.. of the window,
//   dst[n, c, tap, output] = mask[n, g * K + tap, o..] *
//       src[n, c] at (o * stride - begin + t * dilation + offset[n, (g * K + tap) * r + axis, o..])
// along each of the r spatial axes, linear between elements and 0 outside; K taps and the outputs
// are numbered row-major, and g = c / (C / groups) is the group of offsets of the channel. A
// convolution is then a product with its weights [M, C * K]. Inputs, of one float type: src [N, C,
// spatial..]; offset [N, groups * K * r, dst spatial..]; mask [N, groups * K, dst spatial..]
// (optional, 1). Output: [N, C, K, outputs]. The padding is explicit. An offset that is no number
// is outside.
// Source: ONNX DeformConv, opset 22; https://arxiv.org/abs/1811.11168, equation 1.
struct DeformColumnsAttrs {
  static constexpr const char* kName = "deform_columns";
  Window window = {};
  int64_t groups = 1;
};
auto fields(Is<DeformColumnsAttrs> auto& attrs, auto&& visit) {
  return visit(identity("window", attrs.window), identity("groups", attrs.groups));
}
Result<OutputTypes> infer(const DeformColumnsAttrs& attrs, InputTypes inputs);
// Multiply-adds of all taps.
double extra_work(const DeformColumnsAttrs& attrs, std::span<const Shape> inputs,
                  std::span<const Shape> outputs);

}  // namespace octet
