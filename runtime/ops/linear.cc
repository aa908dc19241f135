// Type rules of linear layers, float and quantized.
#include "runtime/ops/linear.h"

#include <limits>

#include "runtime/ops/infer.h"
#include "runtime/ops/rows.h"

namespace octet {
namespace {

Status check_params(const std::string& what, DType codes, const StaticParams& params) {
  const int32_t low = codes == DType::kU8 ? 0 : -128, high = low + 255;
  if (!(params.scale >= 0x1p-126f && params.scale <= std::numeric_limits<float>::max()))
    return invalid_model(what + " scale " + std::to_string(params.scale) +
                         " of a linear layer; expected a finite number of at least 2^-126");
  if (params.zero_point < low || params.zero_point > high)
    return invalid_model(what + " zero point " + std::to_string(params.zero_point) +
                         " of a linear layer; expected " + std::to_string(low) + " to " +
                         std::to_string(high) + ", as " + dtype_name(codes));
  return Status::ok();
}

Status check_epilogue(const Epilogue& epilogue) {
  const DType type = epilogue.output_type;
  if (type == DType::kF32 || type == DType::kBF16) return Status::ok();
  if (type == DType::kU8 || type == DType::kI8)
    return check_params("output", type, {epilogue.output_scale, epilogue.output_zero_point});
  return unsupported(std::string("output type ") + dtype_name(type) +
                     " of a linear layer; expected float32, bfloat16, uint8 or int8");
}

// Bias [N] and residual [.., N] at `index` and `index` + 1.
Status check_bias_and_residual(InputTypes inputs, size_t index, const Dim& n, TypeInfo& dst) {
  if (optional_input(inputs, index) != nullptr) {
    OCTET_RETURN_IF_ERROR(expect_dtype(inputs, index, {DType::kF32}));
    OCTET_RETURN_IF_ERROR(expect_rank(inputs, index, 1));
    OCTET_RETURN_IF_ERROR(require_extent(inputs, {static_cast<int>(index), 0}, n, dst));
  }
  if (optional_input(inputs, index + 1) != nullptr) {
    OCTET_RETURN_IF_ERROR(expect_dtype(inputs, index + 1, {DType::kF32}));
    if (!(inputs[index + 1]->shape == dst.shape))
      return input_error(inputs, index + 1, "the shape of the output, " + to_string(dst.shape));
  }
  return Status::ok();
}

// Sums of codes can be corrected once per output only.
Status check_integer_layer(const QuantizedConstant& weights) {
  if (weights.granularity == Granularity::kBlocked)
    return unsupported(
        "weights quantized in blocks, with quantized activations; expected per-tensor or "
        "per-channel scales");
  if (weights.zero_point && weights.zero_point->dtype() == DType::kF32)
    return unsupported(
        "float zero points of weights, with quantized activations; expected integer ones");
  return Status::ok();
}

SymbolicShape with_last(SymbolicShape shape, Dim last) {
  shape.back() = std::move(last);
  return shape;
}

}  // namespace

const char* activation_name(Activation activation) {
  switch (activation) {
    case Activation::kNone:
      return "none";
    case Activation::kRelu:
      return "relu";
    case Activation::kGelu:
      return "gelu";
    case Activation::kGeluTanh:
      return "gelu_tanh";
    case Activation::kTanh:
      return "tanh";
    case Activation::kSigmoid:
      return "sigmoid";
    case Activation::kSilu:
      return "silu";
  }
  return "unknown";
}

Result<OutputTypes> infer(const LinearAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 2, 2));
  OCTET_RETURN_IF_ERROR(check_epilogue(attrs.epilogue));
  OCTET_RETURN_IF_ERROR(expect_dtype(inputs, 0, {DType::kF32}));
  OCTET_RETURN_IF_ERROR(expect_dtype(inputs, 1, {DType::kF32}));
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 1, 2));
  if (inputs[0]->rank() == 0) return input_error(inputs, 0, "rows of K values");
  const SymbolicShape& weights = inputs[1]->shape;
  const Dim& n = weights[attrs.weights_transposed ? 0 : 1];
  const Dim& k = weights[attrs.weights_transposed ? 1 : 0];
  OutputTypes outputs = one_output(attrs.epilogue.output_type, with_last(inputs[0]->shape, n));
  OCTET_RETURN_IF_ERROR(require_extent(inputs, {0, inputs[0]->rank() - 1}, k, outputs[0]));
  OCTET_RETURN_IF_ERROR(check_bias_and_residual(inputs, 2, n, outputs[0]));
  return outputs;
}

RowAccesses row_access(const LinearAttrs&, InputTypes inputs, const OutputTypes& outputs) {
  if (!has_rows(outputs[0].shape)) return std::nullopt;
  std::vector<RowAccess> accesses(inputs.size(), RowAccess::kWhole);
  accesses[0] = RowAccess::kRows;
  if (inputs.size() > 3) accesses[3] = RowAccess::kRows;
  return accesses;
}

Result<OutputTypes> infer(const QuantizeRowsAttrs&, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1, 3));
  OCTET_RETURN_IF_ERROR(expect_dtype(inputs, 0, {DType::kF32}));
  if (inputs.size() == 3) return invalid_model("has a lower end of the range and no upper one");
  for (size_t i = 2; i < inputs.size(); ++i) {
    if (inputs[i] == nullptr || inputs[1] != nullptr)
      return invalid_model("has one end of the range, or a range and smoothing");
    OCTET_RETURN_IF_ERROR(expect_dtype(inputs, i, {DType::kF32}));
    OCTET_RETURN_IF_ERROR(expect_scalar(inputs, i));
  }
  if (inputs[0]->rank() == 0) return input_error(inputs, 0, "rows of K values");
  const SymbolicShape& src = inputs[0]->shape;
  OutputTypes outputs = one_output(DType::kU8, src);
  outputs.push_back(one_output(DType::kRowParams, SymbolicShape(src.begin(), src.end() - 1))[0]);
  if (optional_input(inputs, 1) != nullptr) {
    OCTET_RETURN_IF_ERROR(expect_dtype(inputs, 1, {DType::kF32}));
    OCTET_RETURN_IF_ERROR(expect_rank(inputs, 1, 1));
    OCTET_RETURN_IF_ERROR(require_equal(inputs, {1, 0}, {0, inputs[0]->rank() - 1}, outputs[0]));
  }
  return outputs;
}

RowAccesses row_access(const QuantizeRowsAttrs&, InputTypes inputs, const OutputTypes& outputs) {
  if (!has_rows(outputs[0].shape)) return std::nullopt;
  return rows_of_first(inputs);
}

Result<OutputTypes> infer(const QuantizedLinearAttrs& attrs, InputTypes inputs) {
  assert(attrs.weights != nullptr);
  const bool weight_only = attrs.scheme.is_weight_only();
  const bool is_static = attrs.scheme.activations.range == ActivationRange::kStaticPerTensor;
  const bool one_source = weight_only || is_static;
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, one_source ? 1 : 2, one_source ? 3 : 2));
  OCTET_RETURN_IF_ERROR(check_epilogue(attrs.epilogue));
  if (!weight_only) OCTET_RETURN_IF_ERROR(check_integer_layer(*attrs.weights));
  if (weight_only) {
    OCTET_RETURN_IF_ERROR(expect_dtype(inputs, 0, {DType::kF32}));
  } else if (is_static) {
    OCTET_RETURN_IF_ERROR(expect_dtype(inputs, 0, {DType::kU8, DType::kI8}));
    OCTET_RETURN_IF_ERROR(check_params("input", inputs[0]->dtype, attrs.src));
  } else {
    OCTET_RETURN_IF_ERROR(expect_dtype(inputs, 0, {DType::kU8}));
    OCTET_RETURN_IF_ERROR(expect_dtype(inputs, 1, {DType::kRowParams}));
  }
  if (inputs[0]->rank() == 0) return input_error(inputs, 0, "rows of K values");
  const SymbolicShape& codes = inputs[0]->shape;
  OutputTypes outputs =
      one_output(attrs.epilogue.output_type, with_last(codes, attrs.weights->n()));
  OCTET_RETURN_IF_ERROR(
      require_extent(inputs, {0, inputs[0]->rank() - 1}, attrs.weights->k(), outputs[0]));
  if (one_source && optional_input(inputs, 1) != nullptr)
    return input_error(inputs, 1, "nothing: rows have no params of their own");
  if (!one_source && inputs[1]->shape != SymbolicShape(codes.begin(), codes.end() - 1))
    return input_error(inputs, 1, "one element per row of input 0, " + to_string(codes));
  OCTET_RETURN_IF_ERROR(check_bias_and_residual(inputs, 2, attrs.weights->n(), outputs[0]));
  return outputs;
}

RowAccesses row_access(const QuantizedLinearAttrs&, InputTypes inputs, const OutputTypes& outputs) {
  if (!has_rows(outputs[0].shape)) return std::nullopt;
  std::vector<RowAccess> accesses(inputs.size(), RowAccess::kRows);
  if (inputs.size() > 2) accesses[2] = RowAccess::kWhole;
  return accesses;
}

}  // namespace octet
