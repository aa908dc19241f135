// Ops that normalize: LayerNorm over the last axis, Softmax.
#pragma once

#include "runtime/core/fields.h"
#include "runtime/ops/op_kind.h"
#include "runtime/ops/type_info.h"

namespace octet {

// dst = (src - mean) / sqrt(variance + epsilon) * gamma + beta over the last axis, biased variance
// (ONNX LayerNormalization, axis = -1). Inputs: src [.., C], gamma [C], beta [C] (optional).
// Row-local.
struct LayerNormAttrs {
  static constexpr OpKind kKind = OpKind::kLayerNorm;
  float epsilon = 1e-5f;
};
auto fields(Is<LayerNormAttrs> auto& attrs, auto&& visit) {
  return visit(identity("epsilon", attrs.epsilon));
}
Result<OutputTypes> infer(const LayerNormAttrs& attrs, InputTypes inputs);
RowAccesses row_access(const LayerNormAttrs& attrs, InputTypes inputs, const OutputTypes& outputs);

// dst = exp(src - max) / sum over `axis` (0 <= axis < rank); with `log` its logarithm. Row-local on
// the last axis.
struct SoftmaxAttrs {
  static constexpr OpKind kKind = OpKind::kSoftmax;
  int axis;
  bool log = false;
};
auto fields(Is<SoftmaxAttrs> auto& attrs, auto&& visit) {
  return visit(identity("axis", attrs.axis), identity("log", attrs.log));
}
Result<OutputTypes> infer(const SoftmaxAttrs& attrs, InputTypes inputs);
RowAccesses row_access(const SoftmaxAttrs& attrs, InputTypes inputs, const OutputTypes& outputs);

}  // namespace octet
