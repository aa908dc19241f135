// ReverseSequence: the beginning of each sequence of a batch backwards. An op of the long-tail
// lane.
#pragma once

#include "runtime/ops/infer.h"
#include "runtime/ops/long_tail.h"

namespace octet {

// Inputs: src of any type and rank 2 or more; lengths i64[batch]. Of entry b along `batch_axis` the
// first lengths[b] slices along `time_axis` come in reverse order, the rest as they are; the axes
// are 0 and 1 in either order. A length that is not 0 to the extent is an error of the run.
struct ReverseSequenceAttrs {
  static constexpr const char* kName = "reverse_sequence";
  int batch_axis = 1;
  int time_axis = 0;
};
auto fields(Is<ReverseSequenceAttrs> auto& attrs, auto&& visit) {
  return visit(identity("batch_axis", attrs.batch_axis), identity("time_axis", attrs.time_axis));
}

inline Result<OutputTypes> infer(const ReverseSequenceAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 2));
  if (inputs[0]->rank() < 2) return input_error(inputs, 0, "rank 2 or more: batch and time");
  OCTET_RETURN_IF_ERROR(expect_dtype(inputs, 1, {DType::kI64}));
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 1, 1));
  assert(attrs.batch_axis + attrs.time_axis == 1 && attrs.batch_axis * attrs.time_axis == 0);
  OutputTypes outputs = one_output(inputs[0]->dtype, inputs[0]->shape);
  OCTET_RETURN_IF_ERROR(require_equal(inputs, {1, 0}, {0, attrs.batch_axis}, outputs[0]));
  return outputs;
}

}  // namespace octet
