// Type rules of LayerNorm and Softmax.
#include "runtime/ops/normalize.h"

#include "runtime/ops/infer.h"
#include "runtime/ops/rows.h"

namespace octet {

Result<OutputTypes> infer(const LayerNormAttrs&, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 2, 1));
  OCTET_RETURN_IF_ERROR(expect_floating(inputs, 0));
  if (inputs[0]->rank() == 0) return input_error(inputs, 0, "rank 1 or more");
  OutputTypes outputs = one_output(inputs[0]->dtype, inputs[0]->shape);
  for (size_t i = 1; i < inputs.size(); ++i) {
    if (inputs[i] == nullptr) continue;
    OCTET_RETURN_IF_ERROR(expect_same_dtype(inputs, i));
    OCTET_RETURN_IF_ERROR(expect_rank(inputs, i, 1));
    OCTET_RETURN_IF_ERROR(
        require_equal(inputs, {static_cast<int>(i), 0}, {0, inputs[0]->rank() - 1}, outputs[0]));
  }
  return outputs;
}

RowAccesses row_access(const LayerNormAttrs&, InputTypes inputs, const OutputTypes& outputs) {
  if (!has_rows(outputs[0].shape)) return std::nullopt;
  return rows_of_first(inputs);
}

Result<OutputTypes> infer(const SoftmaxAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
  OCTET_RETURN_IF_ERROR(expect_floating(inputs, 0));
  if (attrs.axis < 0 || attrs.axis >= inputs[0]->rank())
    return input_error(inputs, 0, "a rank above the axis, " + std::to_string(attrs.axis));
  return one_output(inputs[0]->dtype, inputs[0]->shape);
}

RowAccesses row_access(const SoftmaxAttrs& attrs, InputTypes inputs, const OutputTypes& outputs) {
  if (!has_rows(outputs[0].shape) || attrs.axis + 1 != outputs[0].rank()) return std::nullopt;
  return rows_of_first(inputs);
}

}  // namespace octet
