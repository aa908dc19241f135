// Type rule of MatMul: numpy.matmul.
#include "runtime/ops/infer.h"
#include "runtime/ops/linear.h"

namespace octet {

Result<OutputTypes> infer(const MatMulAttrs&, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 2));
  OCTET_RETURN_IF_ERROR(expect_numeric(inputs, 0));
  OCTET_RETURN_IF_ERROR(expect_same_dtype(inputs, 1));
  for (size_t i = 0; i < 2; ++i)
    if (inputs[i]->rank() == 0) return input_error(inputs, i, "rank 1 or more");
  SymbolicShape lhs = inputs[0]->shape;
  SymbolicShape rhs = inputs[1]->shape;
  const bool lhs_is_vector = lhs.size() == 1;
  const bool rhs_is_vector = rhs.size() == 1;
  if (lhs_is_vector) lhs.insert(lhs.begin(), 1);
  if (rhs_is_vector) rhs.push_back(1);

  std::vector<Check> checks;
  OCTET_ASSIGN_OR_RETURN(SymbolicShape shape, broadcast_inputs(inputs, checks, 2));
  if (!lhs_is_vector) shape.push_back(lhs[lhs.size() - 2]);
  if (!rhs_is_vector) shape.push_back(rhs.back());
  OutputTypes outputs = one_output(inputs[0]->dtype, std::move(shape));
  outputs[0].checks = std::move(checks);
  const int k_of_rhs = rhs_is_vector ? 0 : inputs[1]->rank() - 2;
  OCTET_RETURN_IF_ERROR(
      require_equal(inputs, {1, k_of_rhs}, {0, inputs[0]->rank() - 1}, outputs[0]));
  return outputs;
}

}  // namespace octet
