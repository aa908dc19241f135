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

Status expect_numbers_or_bools(InputTypes inputs, size_t index) {
  return inputs[index]->dtype == DType::kBool ? Status::ok() : expect_numeric(inputs, index);
}

Status expect_integer(InputTypes inputs, size_t index) {
  if (is_integer(inputs[index]->dtype)) return Status::ok();
  return input_error(inputs, index, "an integer type");
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

Status require(Check check, std::vector<Check>& checks) {
  const std::optional<bool> known = check.known();
  if (known && *known) return Status::ok();
  if (!known) return checks.push_back(std::move(check)), Status::ok();
  if (check.found.is_constant() && check.expected.is_constant())
    return invalid_model(check.error(check.found.value(), check.expected.value()).message());
  return invalid_model("found the extent " + check.found.text() + ", expected " +
                       check.expected.text() + "; these never agree");
}

Status require_extent(InputTypes inputs, AxisOf at, const Dim& expected, TypeInfo& output) {
  const Dim& found = inputs[static_cast<size_t>(at.input)]->shape[static_cast<size_t>(at.axis)];
  return require({.found = found, .expected = expected, .at = at}, output.checks);
}

Status require_equal(InputTypes inputs, AxisOf at, AxisOf beside, TypeInfo& output) {
  const auto extent = [&](AxisOf of) {
    return inputs[static_cast<size_t>(of.input)]->shape[static_cast<size_t>(of.axis)];
  };
  return require({.found = extent(at), .expected = extent(beside), .at = at, .beside = beside},
                 output.checks);
}

Status require_expands(InputTypes inputs, int index, const SymbolicShape& shape, TypeInfo& output) {
  const SymbolicShape& src = inputs[static_cast<size_t>(index)]->shape;
  if (src.size() > shape.size())
    return input_error(inputs, static_cast<size_t>(index),
                       "a shape that broadcasts to " + to_string(shape));
  const size_t added = shape.size() - src.size();
  for (size_t axis = 0; axis < src.size(); ++axis)
    OCTET_RETURN_IF_ERROR(require({.kind = Check::Kind::kExpand,
                                   .found = src[axis],
                                   .expected = shape[added + axis],
                                   .at = {index, static_cast<int>(axis)}},
                                  output.checks));
  return Status::ok();
}

Result<SymbolicShape> broadcast_inputs(InputTypes inputs, std::vector<Check>& checks,
                                       int skipped_axes) {
  const auto rank_of = [&](const TypeInfo* input) {
    return input == nullptr ? 0 : std::max(0, input->rank() - skipped_axes);
  };
  int rank = 0;
  for (const TypeInfo* input : inputs) rank = std::max(rank, rank_of(input));
  SymbolicShape shape(static_cast<size_t>(rank), Dim(1));
  std::vector<AxisOf> made_by(static_cast<size_t>(rank));
  for (size_t i = 0; i < inputs.size(); ++i) {
    const int own = rank_of(inputs[i]);
    for (int axis = 0; axis < own; ++axis) {
      const auto place = static_cast<size_t>(rank - own + axis);
      const Dim& extent = inputs[i]->shape[static_cast<size_t>(axis)];
      if (extent == Dim(1)) continue;
      const AxisOf at{static_cast<int>(i), axis};
      OCTET_RETURN_IF_ERROR(require({.kind = Check::Kind::kBroadcast,
                                     .found = extent,
                                     .expected = shape[place],
                                     .at = at,
                                     .beside = made_by[place]},
                                    checks));
      if (shape[place] == Dim(1)) made_by[place] = at;
      shape[place] = Dim::broadcast(shape[place], extent);
    }
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
