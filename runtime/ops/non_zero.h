// CountNonZero and NonZero: how many elements are not zero, and where they are. Ops of the
// long-tail lane.
#pragma once

#include "runtime/ops/infer.h"
#include "runtime/ops/long_tail.h"

namespace octet {

// Of src, of numbers or bools; a NaN is not zero. Output: int64[1].
struct CountNonZeroAttrs {
  static constexpr const char* kName = "count_non_zero";
};
inline Result<OutputTypes> infer(const CountNonZeroAttrs&, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
  OCTET_RETURN_IF_ERROR(expect_numbers_or_bools(inputs, 0));
  return one_output(DType::kI64, {1});
}

// Their indices in row-major order, one row for each axis of src: int64[rank, count]. `count` is
// what CountNonZero gives for src; a src that has another number of them is an error of the run.
struct NonZeroAttrs {
  static constexpr const char* kName = "non_zero";
  Dim count;
};
auto fields(Is<NonZeroAttrs> auto& attrs, auto&& visit) {
  return visit(identity("count", attrs.count));
}
inline Result<OutputTypes> infer(const NonZeroAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
  OCTET_RETURN_IF_ERROR(expect_numbers_or_bools(inputs, 0));
  return one_output(DType::kI64, {inputs[0]->rank(), attrs.count});
}

}  // namespace octet
