// Reductions, running sums and running products.
#pragma once

#include "runtime/core/fields.h"
#include "runtime/ops/op_kind.h"
#include "runtime/ops/type_info.h"

namespace octet {

enum class ReduceFunction {
  kSum,
  kMean,
  kMax,
  kMin,
  kProd,
  kL1,
  kL2,
  kSumSquare,
  kLogSum,
  kLogSumExp
};
const char* reduce_name(ReduceFunction function);

// dst = function over `axes` (sorted, unique, 0 <= axis < rank; empty reduces nothing). Over no
// elements sums are 0, products 1, maxima and minima the lowest and highest value of the type (for
// floats the infinities), float means NaN; with `refuses_empty` an error where dst has elements.
struct ReduceAttrs {
  static constexpr OpKind kKind = OpKind::kReduce;
  ReduceFunction function;
  std::vector<int> axes;
  bool keep_dims = true;
  bool refuses_empty = false;
};
auto fields(Is<ReduceAttrs> auto& attrs, auto&& visit) {
  return visit(identity("function", attrs.function, reduce_name), identity("axes", attrs.axes),
               identity("keep_dims", attrs.keep_dims),
               identity("refuses_empty", attrs.refuses_empty));
}
Result<OutputTypes> infer(const ReduceAttrs& attrs, InputTypes inputs);
// The error of a run over no elements with `refuses_empty`.
Status check_not_empty(const ReduceAttrs& attrs, const Shape& src, int64_t dst_elements);

// Running sum along `axis` (ONNX CumSum), or running product (CumProd).
struct CumSumAttrs {
  static constexpr OpKind kKind = OpKind::kCumSum;
  int axis;
  bool exclusive = false;
  bool reverse = false;
  bool product = false;
};
auto fields(Is<CumSumAttrs> auto& attrs, auto&& visit) {
  return visit(identity("axis", attrs.axis), identity("exclusive", attrs.exclusive),
               identity("reverse", attrs.reverse), identity("product", attrs.product));
}
Result<OutputTypes> infer(const CumSumAttrs& attrs, InputTypes inputs);

}  // namespace octet
