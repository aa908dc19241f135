// Type rules of the scatters.
#include "runtime/ops/scatter.h"

#include "runtime/ops/floor_divide.h"
#include "runtime/ops/infer.h"

namespace octet {
namespace {

// src, indices and updates of the right types; gives src's own as the result.
Result<OutputTypes> scatter_types(InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 3));
  OCTET_RETURN_IF_ERROR(expect_index_dtype(inputs, 1));
  OCTET_RETURN_IF_ERROR(expect_same_dtype(inputs, 2));
  if (inputs[0]->rank() == 0) return input_error(inputs, 0, "rank 1 or more");
  return one_output(inputs[0]->dtype, inputs[0]->shape);
}

}  // namespace

const char* scatter_reduction_name(ScatterReduction reduction) {
  constexpr const char* kNames[] = {"none", "add", "mul", "max", "min"};
  return kNames[static_cast<size_t>(reduction)];
}

Result<OutputTypes> infer(const ScatterElementsAttrs& attrs, InputTypes inputs) {
  OCTET_ASSIGN_OR_RETURN(OutputTypes outputs, scatter_types(inputs));
  const int rank = inputs[0]->rank();
  if (attrs.axis < 0 || attrs.axis >= rank)
    return input_error(inputs, 0, "a rank above the axis, " + std::to_string(attrs.axis));
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 1, rank));
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 2, rank));
  for (int axis = 0; axis < rank; ++axis) {
    OCTET_RETURN_IF_ERROR(require_equal(inputs, {2, axis}, {1, axis}, outputs[0]));
    if (axis == attrs.axis) continue;
    OCTET_RETURN_IF_ERROR(require({.kind = Check::Kind::kAtMost,
                                   .found = inputs[1]->shape[static_cast<size_t>(axis)],
                                   .expected = inputs[0]->shape[static_cast<size_t>(axis)],
                                   .at = {1, axis},
                                   .beside = {0, axis}},
                                  outputs[0].checks));
  }
  return outputs;
}

Result<OutputTypes> infer(const ScatterNDAttrs&, InputTypes inputs) {
  OCTET_ASSIGN_OR_RETURN(OutputTypes outputs, scatter_types(inputs));
  const SymbolicShape& indices = inputs[1]->shape;
  if (indices.empty() || !indices.back().is_constant())
    return input_error(inputs, 1, "a constant last extent: the length of an index");
  const int64_t length = indices.back().value();
  const int rank = inputs[0]->rank(), lead = inputs[1]->rank() - 1;
  if (length < 0 || length > rank)
    return input_error(inputs, 1,
                       "indices of at most " + std::to_string(rank) + " numbers, the rank of " +
                           to_string(*inputs[0]));
  const auto named = static_cast<int>(length);
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 2, lead + rank - named));
  for (int axis = 0; axis < inputs[2]->rank(); ++axis) {
    const AxisOf beside = axis < lead ? AxisOf{1, axis} : AxisOf{0, axis - lead + named};
    OCTET_RETURN_IF_ERROR(require_equal(inputs, {2, axis}, beside, outputs[0]));
  }
  return outputs;
}

Result<OutputTypes> infer(const TensorScatterAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 2, 1));
  OCTET_RETURN_IF_ERROR(expect_same_dtype(inputs, 1));
  const int rank = inputs[0]->rank();
  if (attrs.axis < 1 || attrs.axis >= rank)
    return input_error(inputs, 0,
                       "a rank above the axis, " + std::to_string(attrs.axis) + ", which is not 0");
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 1, rank));
  OutputTypes outputs = one_output(inputs[0]->dtype, inputs[0]->shape);
  for (int axis = 0; axis < rank; ++axis) {
    OCTET_RETURN_IF_ERROR(
        require({.kind = axis == attrs.axis ? Check::Kind::kAtMost : Check::Kind::kEqual,
                 .found = inputs[1]->shape[static_cast<size_t>(axis)],
                 .expected = inputs[0]->shape[static_cast<size_t>(axis)],
                 .at = {1, axis},
                 .beside = {0, axis}},
                outputs[0].checks));
  }
  if (optional_input(inputs, 2) == nullptr) return outputs;
  OCTET_RETURN_IF_ERROR(expect_dtype(inputs, 2, {DType::kI64}));
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 2, 1));
  OCTET_RETURN_IF_ERROR(require_equal(inputs, {2, 0}, {0, 0}, outputs[0]));
  return outputs;
}

Result<int64_t> first_place(const TensorScatterAttrs& attrs, int64_t batch, int64_t place,
                            int64_t count, int64_t extent) {
  if (attrs.circular) return extent == 0 ? 0 : floor_mod(place, extent);
  if (place >= 0 && place <= extent - count) return place;
  return invalid_argument("write index " + std::to_string(place) + " of batch " +
                          std::to_string(batch) + " is out of range for " + std::to_string(count) +
                          " entries along axis " + std::to_string(attrs.axis) + " with extent " +
                          std::to_string(extent) + "; expected 0 to " +
                          std::to_string(extent - count));
}

}  // namespace octet
