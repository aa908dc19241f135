// Checks and shape arithmetic that the infer() functions share.
#include "runtime/ops/infer.h"

#include <algorithm>

namespace octet {

Status expect_inputs(InputTypes inputs, size_t required, size_t optional) {
  if (inputs.size() < required || inputs.size() > required + optional) {
    std::string text =
        "has " + std::to_string(inputs.size()) + (inputs.size() == 1 ? " input" : " inputs");
    text += ", expected " + std::to_string(required);
    if (optional > 0) text += " to " + std::to_string(required + optional);
    return invalid_model(std::move(text));
  }
  for (size_t i = 0; i < required; ++i)
    if (inputs[i] == nullptr)
      return invalid_model("input " + std::to_string(i) + " is absent, but required");
  return Status::ok();
}

const TypeInfo* optional_input(InputTypes inputs, size_t index) {
  return index < inputs.size() ? inputs[index] : nullptr;
}

Status input_error(InputTypes inputs, size_t index, const std::string& expected) {
  return invalid_model("input " + std::to_string(index) + " is " + to_string(*inputs[index]) +
                       ", expected " + expected);
}

Status expect_dtype(InputTypes inputs, size_t index, std::initializer_list<DType> accepted) {
  if (std::find(accepted.begin(), accepted.end(), inputs[index]->dtype) != accepted.end())
    return Status::ok();
  std::string names;
  for (DType dtype : accepted)
    names += (names.empty() ? "" : " or ") + std::string(dtype_name(dtype));
  return input_error(inputs, index, names);
}

Status expect_floating(InputTypes inputs, size_t index) {
  if (is_floating(inputs[index]->dtype)) return Status::ok();
  return input_error(inputs, index, "float32, float64, float16 or bfloat16");
}

Status expect_numeric(InputTypes inputs, size_t index) {
  const DType dtype = inputs[index]->dtype;
  if (is_floating(dtype) || is_integer(dtype)) return Status::ok();
  return input_error(inputs, index, "a number type");
}

Status expect_same_dtype(InputTypes inputs, size_t index) {
  if (inputs[index]->dtype == inputs[0]->dtype) return Status::ok();
  return input_error(inputs, index, std::string(dtype_name(inputs[0]->dtype)) + " as input 0 is");
}

Status expect_rank(InputTypes inputs, size_t index, int rank) {
  if (inputs[index]->rank() == rank) return Status::ok();
  return input_error(inputs, index, "rank " + std::to_string(rank));
}

Status expect_index_dtype(InputTypes inputs, size_t index) {
  return expect_dtype(inputs, index, {DType::kI64, DType::kI32});
}

Status expect_scalar(InputTypes inputs, size_t index) {
  const SymbolicShape& shape = inputs[index]->shape;
  if (shape.empty() || (shape.size() == 1 && shape[0] == Dim(1))) return Status::ok();
  return input_error(inputs, index, "one element");
}

bool known_different(const Dim& a, const Dim& b) {
  const Dim difference = a - b;
  return difference.is_constant() && difference.value() != 0;
}

Status require_same(InputTypes inputs, size_t index, const char* what, const Dim& found,
                    const Dim& expected, TypeInfo& output) {
  if (found == expected) return Status::ok();
  if (known_different(found, expected))
    return input_error(inputs, index,
                       std::string(what) + " = " + expected.str() + " but it has " + found.str());
  output.checks.push_back(Dim::same(found, expected));
  return Status::ok();
}

Result<SymbolicShape> broadcast_shapes(const SymbolicShape& a, const SymbolicShape& b) {
  const SymbolicShape& longer = a.size() >= b.size() ? a : b;
  const SymbolicShape& shorter = a.size() >= b.size() ? b : a;
  SymbolicShape shape = longer;
  const size_t offset = longer.size() - shorter.size();
  for (size_t i = 0; i < shorter.size(); ++i) {
    const Dim& left = longer[offset + i];
    const Dim& right = shorter[i];
    if (left.is_constant() && right.is_constant() && left.value() != right.value() &&
        left.value() != 1 && right.value() != 1)
      return invalid_model("shapes " + to_string(a) + " and " + to_string(b) +
                           " do not broadcast: extents must be equal or 1");
    shape[offset + i] = Dim::broadcast(left, right);
  }
  return shape;
}

Result<SymbolicShape> broadcast_inputs(InputTypes inputs) {
  SymbolicShape shape;
  for (const TypeInfo* input : inputs) {
    if (input == nullptr) continue;
    OCTET_ASSIGN_OR_RETURN(shape, broadcast_shapes(shape, input->shape));
  }
  return shape;
}

OutputTypes one_output(DType dtype, SymbolicShape shape) {
  TypeInfo type;
  type.dtype = dtype;
  type.shape = std::move(shape);
  return {std::move(type)};
}

}  // namespace octet
