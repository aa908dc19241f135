// Ops that move elements and compute nothing. Shapes, bounds and axes are attributes: the loader
// takes them from the inputs' contents, so a model whose shapes depend on data is refused there.
#pragma once

#include "runtime/core/fields.h"
#include "runtime/ops/op_kind.h"
#include "runtime/ops/type_info.h"

namespace octet {

// dst has the same elements in row-major order. `shape` holds no -1 or 0 placeholders.
struct ReshapeAttrs {
  static constexpr OpKind kKind = OpKind::kReshape;
  SymbolicShape shape;
};
auto fields(Is<ReshapeAttrs> auto& attrs, auto&& visit) {
  return visit(identity("shape", attrs.shape));
}
Result<OutputTypes> infer(const ReshapeAttrs& attrs, InputTypes inputs);

// dst axis i is src axis permutation[i].
struct TransposeAttrs {
  static constexpr OpKind kKind = OpKind::kTranspose;
  std::vector<int> permutation;
};
auto fields(Is<TransposeAttrs> auto& attrs, auto&& visit) {
  return visit(identity("permutation", attrs.permutation));
}
Result<OutputTypes> infer(const TransposeAttrs& attrs, InputTypes inputs);

// dst[i] = src[start + i * step] on every axis; one entry per axis of src; 0 <= start, count >= 0
// as ONNX clamps them.
struct SliceAttrs {
  static constexpr OpKind kKind = OpKind::kSlice;
  std::vector<Dim> starts;
  std::vector<Dim> counts;
  std::vector<int64_t> steps;  // not 0
};
auto fields(Is<SliceAttrs> auto& attrs, auto&& visit) {
  return visit(identity("starts", attrs.starts), identity("counts", attrs.counts),
               identity("steps", attrs.steps));
}
Result<OutputTypes> infer(const SliceAttrs& attrs, InputTypes inputs);

// Broadcasts src to `shape` (right-aligned; the extents are final, none is to be broadcast again).
struct ExpandAttrs {
  static constexpr OpKind kKind = OpKind::kExpand;
  SymbolicShape shape;
};
auto fields(Is<ExpandAttrs> auto& attrs, auto&& visit) {
  return visit(identity("shape", attrs.shape));
}
Result<OutputTypes> infer(const ExpandAttrs& attrs, InputTypes inputs);

// Joins any number of inputs along `axis` (0 <= axis < rank).
struct ConcatAttrs {
  static constexpr OpKind kKind = OpKind::kConcat;
  int axis;
};
auto fields(Is<ConcatAttrs> auto& attrs, auto&& visit) {
  return visit(identity("axis", attrs.axis));
}
Result<OutputTypes> infer(const ConcatAttrs& attrs, InputTypes inputs);

// A tensor of integers that depend on the input shapes alone; no inputs. Rank 0 or 1.
struct ShapeValuesAttrs {
  static constexpr OpKind kKind = OpKind::kShapeValues;
  DType dtype = DType::kI64;
  bool scalar = false;
  std::vector<Dim> values;
};
auto fields(Is<ShapeValuesAttrs> auto& attrs, auto&& visit) {
  return visit(identity("dtype", attrs.dtype, dtype_name), identity("scalar", attrs.scalar),
               identity("values", attrs.values));
}
Result<OutputTypes> infer(const ShapeValuesAttrs& attrs, InputTypes inputs);

// start, start + delta, ...: `count` integers; no inputs.
struct RangeAttrs {
  static constexpr OpKind kKind = OpKind::kRange;
  DType dtype = DType::kI64;
  Dim start;
  Dim delta;
  Dim count;
};
auto fields(Is<RangeAttrs> auto& attrs, auto&& visit) {
  return visit(identity("dtype", attrs.dtype, dtype_name), identity("start", attrs.start),
               identity("delta", attrs.delta), identity("count", attrs.count));
}
Result<OutputTypes> infer(const RangeAttrs& attrs, InputTypes inputs);

}  // namespace octet
