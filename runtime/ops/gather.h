// Ops that pick elements by index. A negative index counts from the end; one out of range is an
// error of the run.
#pragma once

#include "runtime/core/fields.h"
#include "runtime/ops/op_kind.h"
#include "runtime/ops/type_info.h"

namespace octet {

// dst = src with axis `axis` replaced by the shape of indices (ONNX Gather). Inputs: src, indices
// (i32 or i64). With axis 0 and a constant [V, C] src it is an embedding lookup and row-local.
struct GatherAttrs {
  static constexpr OpKind kKind = OpKind::kGather;
  int axis;
};
auto fields(Is<GatherAttrs> auto& attrs, auto&& visit) {
  return visit(identity("axis", attrs.axis));
}
Result<OutputTypes> infer(const GatherAttrs& attrs, InputTypes inputs);
RowAccesses row_access(const GatherAttrs& attrs, InputTypes inputs, const OutputTypes& outputs);

// dst[i][j][k] = src[i][indices[i][j][k]][k] for axis 1 (ONNX GatherElements).
struct GatherElementsAttrs {
  static constexpr OpKind kKind = OpKind::kGatherElements;
  int axis;
};
auto fields(Is<GatherElementsAttrs> auto& attrs, auto&& visit) {
  return visit(identity("axis", attrs.axis));
}
Result<OutputTypes> infer(const GatherElementsAttrs& attrs, InputTypes inputs);

// ONNX GatherND.
struct GatherNDAttrs {
  static constexpr OpKind kKind = OpKind::kGatherND;
  int batch_dims;
};
auto fields(Is<GatherNDAttrs> auto& attrs, auto&& visit) {
  return visit(identity("batch_dims", attrs.batch_dims));
}
Result<OutputTypes> infer(const GatherNDAttrs& attrs, InputTypes inputs);

}  // namespace octet
