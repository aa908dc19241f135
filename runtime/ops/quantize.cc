// Type rules of codes.
#include "runtime/ops/quantize.h"

#include "runtime/ops/infer.h"
#include "runtime/ops/rows.h"

namespace octet {
namespace {

constexpr size_t kScale = 1, kZeroPoint = 2;

// The scale at input 1 against the elements at input 0, and the zero point against the scale.
Status check_scales(const ScaleAxis& scales, InputTypes inputs, DType codes, TypeInfo& dst) {
  const TypeInfo &src = *inputs[0], &scale = *inputs[kScale];
  if (const TypeInfo* zero_point = optional_input(inputs, kZeroPoint)) {
    OCTET_RETURN_IF_ERROR(expect_dtype(inputs, kZeroPoint, {codes}));
    if (!(zero_point->shape == scale.shape) &&
        !(is_per_tensor(*zero_point) && is_per_tensor(scale)))
      return input_error(inputs, kZeroPoint, "the extents of the scale, " + to_string(scale.shape));
  }
  if (is_per_tensor(scale)) return Status::ok();
  if (scales.axis < 0 || scales.axis >= src.rank())
    return input_error(inputs, kScale, "one element, or an axis that input 0 has");
  if (scales.block == 0) {
    OCTET_RETURN_IF_ERROR(expect_rank(inputs, kScale, 1));
    return require_equal(inputs, {kScale, 0}, {0, scales.axis}, dst);
  }
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, kScale, src.rank()));
  for (int axis = 0; axis < src.rank(); ++axis) {
    const Dim& extent = src.shape[static_cast<size_t>(axis)];
    const Dim expected = axis == scales.axis
                             ? Dim::floor_div(extent + Dim(scales.block - 1), Dim(scales.block))
                             : extent;
    OCTET_RETURN_IF_ERROR(require_extent(inputs, {kScale, axis}, expected, dst));
  }
  return Status::ok();
}

// Scales that every row reads alike.
RowAccesses rows_with_scales(const ScaleAxis& scales, InputTypes inputs,
                             const OutputTypes& outputs) {
  if (!has_rows(outputs[0].shape)) return std::nullopt;
  const bool of_columns = scales.block == 0 && scales.axis == outputs[0].rank() - 1;
  if (!is_per_tensor(*inputs[kScale]) && !of_columns) return std::nullopt;
  return rows_of_first(inputs);
}

}  // namespace

bool is_per_tensor(const TypeInfo& scale) {
  return scale.rank() == 0 || (scale.rank() == 1 && scale.shape[0] == Dim(1));
}

bool is_code_type(DType type) {
  return byte_type(type) == DType::kI8 || type == DType::kI16 || type == DType::kU16 ||
         (byte_type(type) == DType::kU8 && type != DType::kF8E8M0FNU);
}

int32_t lowest_code(DType type) {
  assert(is_integer(type) || is_small_integer(type));
  const bool is_signed = byte_type(type) == DType::kI8 || type == DType::kI16;
  return is_signed ? -(1 << (dtype_bits(type) - 1)) : 0;
}

int32_t highest_code(DType type) { return lowest_code(type) + (1 << dtype_bits(type)) - 1; }

Result<OutputTypes> infer(const QuantizeAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 2, 1));
  assert(is_floating(attrs.precision));
  if (!is_code_type(attrs.type))
    return unsupported(std::string("codes of type ") + dtype_name(attrs.type) +
                       "; expected integers of 2, 4, 8 or 16 bits or floats of 4, 6 or 8");
  if (inputs[0]->dtype != DType::kI32) OCTET_RETURN_IF_ERROR(expect_floating(inputs, 0));
  if (inputs[kScale]->dtype != DType::kF8E8M0FNU && inputs[kScale]->dtype != DType::kI32)
    OCTET_RETURN_IF_ERROR(expect_floating(inputs, kScale));
  OutputTypes outputs = one_output(attrs.type, inputs[0]->shape);
  OCTET_RETURN_IF_ERROR(check_scales(attrs.scales, inputs, attrs.type, outputs[0]));
  return outputs;
}

RowAccesses row_access(const QuantizeAttrs& attrs, InputTypes inputs, const OutputTypes& outputs) {
  return rows_with_scales(attrs.scales, inputs, outputs);
}

Result<OutputTypes> infer(const DequantizeAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 2, 1));
  if (!is_code_type(inputs[0]->dtype) && inputs[0]->dtype != DType::kI32)
    return input_error(
        inputs, 0, "integers of up to 16 or of 32 bits, or floats of up to 8 but float8_e8m0fnu");
  if (inputs[kScale]->dtype != DType::kF8E8M0FNU)
    OCTET_RETURN_IF_ERROR(expect_floating(inputs, kScale));
  OutputTypes outputs = one_output(attrs.type, inputs[0]->shape);
  OCTET_RETURN_IF_ERROR(check_scales(attrs.scales, inputs, inputs[0]->dtype, outputs[0]));
  return outputs;
}

RowAccesses row_access(const DequantizeAttrs& attrs, InputTypes inputs,
                       const OutputTypes& outputs) {
  return rows_with_scales(attrs.scales, inputs, outputs);
}

Result<OutputTypes> infer(const QuantizationParamsAttrs&, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 2));
  for (size_t i = 0; i < 2; ++i) {
    OCTET_RETURN_IF_ERROR(expect_dtype(inputs, i, {DType::kF32}));
    OCTET_RETURN_IF_ERROR(expect_scalar(inputs, i));
  }
  return OutputTypes{one_output(DType::kF32, {})[0], one_output(DType::kU8, {})[0]};
}

}  // namespace octet
