// Type rules of the unary functions.
#include "runtime/ops/contents.h"
#include "runtime/ops/infer.h"
#include "runtime/ops/rows.h"

namespace octet {
namespace {

Status check_dtype(UnaryFunction function, InputTypes inputs) {
  switch (function) {
    case UnaryFunction::kNot:
      return expect_dtype(inputs, 0, {DType::kBool});
    case UnaryFunction::kAbs:
    case UnaryFunction::kNeg:
    case UnaryFunction::kRelu:
    case UnaryFunction::kSign:
      return expect_numeric(inputs, 0);
    default:
      return expect_floating(inputs, 0);
  }
}

}  // namespace

const char* unary_name(UnaryFunction function) {
  switch (function) {
    case UnaryFunction::kAbs:
      return "abs";
    case UnaryFunction::kCeil:
      return "ceil";
    case UnaryFunction::kCelu:
      return "celu";
    case UnaryFunction::kCos:
      return "cos";
    case UnaryFunction::kElu:
      return "elu";
    case UnaryFunction::kErf:
      return "erf";
    case UnaryFunction::kExp:
      return "exp";
    case UnaryFunction::kFloor:
      return "floor";
    case UnaryFunction::kGelu:
      return "gelu";
    case UnaryFunction::kGeluTanh:
      return "gelu_tanh";
    case UnaryFunction::kHardSigmoid:
      return "hard_sigmoid";
    case UnaryFunction::kHardSwish:
      return "hard_swish";
    case UnaryFunction::kIsInf:
      return "is_inf";
    case UnaryFunction::kIsNaN:
      return "is_nan";
    case UnaryFunction::kLeakyRelu:
      return "leaky_relu";
    case UnaryFunction::kLog:
      return "log";
    case UnaryFunction::kMish:
      return "mish";
    case UnaryFunction::kNeg:
      return "neg";
    case UnaryFunction::kNot:
      return "not";
    case UnaryFunction::kReciprocal:
      return "reciprocal";
    case UnaryFunction::kRelu:
      return "relu";
    case UnaryFunction::kRound:
      return "round";
    case UnaryFunction::kSigmoid:
      return "sigmoid";
    case UnaryFunction::kSign:
      return "sign";
    case UnaryFunction::kSilu:
      return "silu";
    case UnaryFunction::kSin:
      return "sin";
    case UnaryFunction::kSoftplus:
      return "softplus";
    case UnaryFunction::kSqrt:
      return "sqrt";
    case UnaryFunction::kTanh:
      return "tanh";
    case UnaryFunction::kThresholdedRelu:
      return "thresholded_relu";
  }
  return "unknown";
}

Result<OutputTypes> infer(const UnaryAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
  OCTET_RETURN_IF_ERROR(check_dtype(attrs.function, inputs));
  const TypeInfo& src = *inputs[0];
  const bool gives_bool =
      attrs.function == UnaryFunction::kIsNaN || attrs.function == UnaryFunction::kIsInf;
  OutputTypes outputs = one_output(gives_bool ? DType::kBool : src.dtype, src.shape);
  if (src.contents && !gives_bool) {
    std::vector<Dim> contents;
    for (const Dim& element : *src.contents)
      if (auto value = apply_unary(attrs.function, element, src.dtype == DType::kBool))
        contents.push_back(*value);
    if (contents.size() == src.contents->size()) outputs[0].contents = std::move(contents);
  }
  return outputs;
}

RowAccesses row_access(const UnaryAttrs&, InputTypes inputs, const OutputTypes& outputs) {
  if (!has_rows(outputs[0].shape)) return std::nullopt;
  return rows_of_first(inputs);
}

}  // namespace octet
