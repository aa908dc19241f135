// Convolutions over [N, C, spatial..] with 1 to 6 spatial axes.
#pragma once

#include "runtime/core/fields.h"
#include "runtime/ops/linear.h"
#include "runtime/ops/op_kind.h"
#include "runtime/ops/window.h"

namespace octet {

// dst[n, m, i..] = activation(sum over c, t.. of weights[m, c, t..] * src[n, g * C/groups + c, i..
// * stride + t.. * dilation - begin] + bias[m] + residual[n, m, i..]), g = m / (M / groups), zeros
// where src is padding (ONNX Conv). Inputs: src [N, C, spatial..], weights [M, C/groups, kernel..]
// (constant or computed), bias [M] (optional), residual [N, M, dst spatial..] (optional, the shape
// of dst). One floating type. The window has no ceil_mode, its kernel is the weights'.
struct ConvAttrs {
  static constexpr OpKind kKind = OpKind::kConv;
  Window window;
  int64_t groups = 1;
  Activation activation = Activation::kNone;
};
auto fields(Is<ConvAttrs> auto& attrs, auto&& visit) {
  return visit(identity("window", attrs.window), identity("groups", attrs.groups),
               identity("activation", attrs.activation, activation_name));
}
Result<OutputTypes> infer(const ConvAttrs& attrs, InputTypes inputs);

// The gradient of Conv with regard to its src, plus bias (ONNX ConvTranspose):
//   dst[n, g * M/groups + m, i * stride + t * dilation - begin ..] +=
//       src[n, c, i..] * weights[c, m, t..], g = c / (C / groups)
// Inputs: src [N, C, spatial..], weights [C, M/groups, kernel..], bias [M] (optional). Extents of
// dst: stride * (src - 1) + output_padding + covered - begin - end. Explicit padding only.
struct ConvTransposeAttrs {
  static constexpr OpKind kKind = OpKind::kConvTranspose;
  Window window;
  std::vector<int64_t> output_padding;  // per spatial axis, >= 0
  int64_t groups = 1;
};
auto fields(Is<ConvTransposeAttrs> auto& attrs, auto&& visit) {
  return visit(identity("window", attrs.window), identity("output_padding", attrs.output_padding),
               identity("groups", attrs.groups));
}
Result<OutputTypes> infer(const ConvTransposeAttrs& attrs, InputTypes inputs);

}  // namespace octet
