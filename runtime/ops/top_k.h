// TopK: the largest or smallest elements along an axis, and where they are. An op of the long-tail
// lane.
#pragma once

#include <cmath>

#include "runtime/ops/infer.h"
#include "runtime/ops/long_tail.h"

namespace octet {

// Of each line along `axis` (0 <= axis < rank) of src, a number of any type, the `k` elements that
// come first: the largest, or the smallest; of equal ones those with the lower index. A NaN is
// larger than any number. They are in this order whether `sorted` or not, for without it ONNX asks
// for no order. Outputs: values, of the type of src; indices along the axis, i64. k is at most the
// extent and may depend on the input shapes; kernels read it from the extents of the outputs.
struct TopKAttrs {
  static constexpr const char* kName = "top_k";
  Dim k;
  int axis = 0;
  bool largest = true;
  bool sorted = true;
};
auto fields(Is<TopKAttrs> auto& attrs, auto&& visit) {
  return visit(identity("k", attrs.k), identity("axis", attrs.axis),
               identity("largest", attrs.largest), identity("sorted", attrs.sorted));
}

inline Result<OutputTypes> infer(const TopKAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
  OCTET_RETURN_IF_ERROR(expect_numeric(inputs, 0));
  if (attrs.axis < 0 || attrs.axis >= inputs[0]->rank())
    return input_error(inputs, 0, "a rank above the axis, " + std::to_string(attrs.axis));
  SymbolicShape shape = inputs[0]->shape;
  Dim& extent = shape[static_cast<size_t>(attrs.axis)];
  Check check{
      .kind = Check::Kind::kAtMost,
      .found = attrs.k,
      .expected = std::exchange(extent, attrs.k),
      .what = "k, the number of elements to take along axis " + std::to_string(attrs.axis) + ","};
  OutputTypes outputs = {one_output(inputs[0]->dtype, shape)[0], one_output(DType::kI64, shape)[0]};
  OCTET_RETURN_IF_ERROR(require(check, outputs[0].checks));
  check.kind = Check::Kind::kAtLeast;
  check.expected = 0;
  OCTET_RETURN_IF_ERROR(require(check, outputs[0].checks));
  return outputs;
}

// Each element of src may take a place in a heap of k.
inline double extra_work(const TopKAttrs& attrs, std::span<const Shape> inputs,
                         std::span<const Shape> outputs) {
  const auto k = static_cast<double>(outputs[0][attrs.axis]);
  return static_cast<double>(inputs[0].element_count()) * std::log2(k + 1);
}

}  // namespace octet
