// Type rules of the convolutions.
#include "runtime/ops/conv.h"

#include "runtime/ops/infer.h"

namespace octet {
namespace {

// src and weights of one floating type and rank, their window, and the groups.
Status check_operands(const Window& window, int64_t groups, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_floating(inputs, 0));
  const TypeInfo &src = *inputs[0], &weights = *inputs[1];
  if (src.rank() < 3) return input_error(inputs, 0, "rank 3 or more: batch, channels, spatial");
  OCTET_RETURN_IF_ERROR(expect_same_dtype(inputs, 1));
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 1, src.rank()));
  OCTET_RETURN_IF_ERROR(check_window(window, src.shape.size() - 2));
  for (size_t axis = 0; axis < window.rank(); ++axis)
    if (!(weights.shape[axis + 2] == Dim(window.kernel[axis])))
      return input_error(inputs, 1,
                         "kernel extent " + std::to_string(axis) + " to be " +
                             std::to_string(window.kernel[axis]));
  if (groups < 1)
    return invalid_model("has " + std::to_string(groups) + " groups, expected 1 or more");
  if (!weights.shape[0].is_constant() || !weights.shape[1].is_constant())
    return unsupported("the number of channels of the weights, " + to_string(weights) +
                       ", depends on the input shapes; expected constants");
  if (weights.shape[0].value() % groups != 0)
    return input_error(inputs, 1, "a multiple of the " + std::to_string(groups) + " groups first");
  return Status::ok();
}

Status check_bias(InputTypes inputs, const Dim& channels, TypeInfo& dst) {
  if (optional_input(inputs, 2) == nullptr) return Status::ok();
  OCTET_RETURN_IF_ERROR(expect_same_dtype(inputs, 2));
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 2, 1));
  return require_extent(inputs, {2, 0}, channels, dst);
}

}  // namespace

Result<OutputTypes> infer(const ConvAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 2, 2));
  OCTET_RETURN_IF_ERROR(check_operands(attrs.window, attrs.groups, inputs));
  const TypeInfo &src = *inputs[0], &weights = *inputs[1];
  OutputTypes outputs = one_output(src.dtype, {src.shape[0], weights.shape[0]});
  TypeInfo& dst = outputs[0];
  OCTET_RETURN_IF_ERROR(require_extent(inputs, {0, 1}, weights.shape[1] * Dim(attrs.groups), dst));
  for (size_t axis = 0; axis < attrs.window.rank(); ++axis) {
    OCTET_RETURN_IF_ERROR(check_window_fits(attrs.window, axis, src.shape[axis + 2], dst.checks));
    dst.shape.push_back(window_count(attrs.window, axis, src.shape[axis + 2]));
  }
  OCTET_RETURN_IF_ERROR(check_bias(inputs, weights.shape[0], dst));
  if (optional_input(inputs, 3) == nullptr) return outputs;
  OCTET_RETURN_IF_ERROR(expect_same_dtype(inputs, 3));
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 3, dst.rank()));
  for (size_t axis = 0; axis < dst.shape.size(); ++axis)
    OCTET_RETURN_IF_ERROR(
        require_extent(inputs, {3, static_cast<int>(axis)}, dst.shape[axis], dst));
  return outputs;
}

Result<OutputTypes> infer(const ConvTransposeAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 2, 1));
  OCTET_RETURN_IF_ERROR(check_operands(attrs.window, attrs.groups, inputs));
  const TypeInfo &src = *inputs[0], &weights = *inputs[1];
  assert(attrs.window.padding == Padding::kExplicit);
  assert(attrs.output_padding.size() == attrs.window.rank());
  const Dim channels = weights.shape[1] * Dim(attrs.groups);
  OutputTypes outputs = one_output(src.dtype, {src.shape[0], channels});
  TypeInfo& dst = outputs[0];
  OCTET_RETURN_IF_ERROR(require_extent(inputs, {0, 1}, weights.shape[0], dst));
  for (size_t axis = 0; axis < attrs.window.rank(); ++axis) {
    const Window& window = attrs.window;
    const Dim last = (src.shape[axis + 2] - Dim(1)) * Dim(window.strides[axis]);
    dst.shape.push_back(last + Dim(attrs.output_padding[axis] + window.covered(axis) -
                                   window.begins[axis] - window.ends[axis]));
  }
  OCTET_RETURN_IF_ERROR(check_bias(inputs, channels, dst));
  return outputs;
}

}  // namespace octet
