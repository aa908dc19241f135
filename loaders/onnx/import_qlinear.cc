// The operator form of quantized models: ops on codes, as ONNX and com.microsoft have them. Each is
// imported as what it means, Dequantize -> the float op -> Quantize, from which the passes make
// quantized layers and moves of codes.
// Source: ONNX's Operators.md; ONNX Runtime's docs/ContribOperators.md.
#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/import_codes.h"
#include "loaders/onnx/importers.h"

namespace octet {

Status expect_present(const NodeImport& node, std::initializer_list<int> inputs) {
  for (const int index : inputs)
    if (!node.has_input(index))
      return invalid_model("input " + std::to_string(index) + " is missing");
  return Status::ok();
}

Result<ValueId> emit_dequantized(NodeImport& node, std::string_view step, const CodeInputs& inputs,
                                 int axis) {
  const bool per_tensor = is_per_tensor(node.type(inputs.scale));
  return node.emit(
      step, DequantizeAttrs{DType::kF32, {per_tensor ? 0 : axis, 0}},
      {node.input(inputs.codes), node.input(inputs.scale), node.input(inputs.zero_point)});
}

QuantizeAttrs quantize_attrs(const NodeImport& node, int codes, int scale, int axis) {
  const int zero_point = scale + 1;
  QuantizeAttrs quantize;
  quantize.type = node.type(node.has_input(zero_point) ? zero_point : codes).dtype;
  quantize.scales.axis = is_per_tensor(node.type(scale)) ? 0 : axis;
  return quantize;
}

Status finish_quantized(NodeImport& node, ValueId result, int codes, int scale, int axis) {
  return node.finish(quantize_attrs(node, codes, scale, axis),
                     {result, node.input(scale), node.input(scale + 1)});
}

Status import_qlinear_matmul(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const ValueId lhs,
                         emit_dequantized(node, "lhs", codes_at(0), std::max(node.rank(0) - 2, 0)));
  OCTET_ASSIGN_OR_RETURN(const ValueId rhs,
                         emit_dequantized(node, "rhs", codes_at(3), std::max(node.rank(3) - 1, 0)));
  OCTET_ASSIGN_OR_RETURN(const ValueId product, node.emit("", MatMulAttrs{}, {lhs, rhs}));
  return finish_quantized(node, product, 0, 6, std::max(node.type_of(product).rank() - 2, 0));
}

// alpha * A . B + C, with C i32 in units of alpha and both scales; f32 where no scale of the result
// is given.
Status import_qgemm(NodeImport& node) {
  constexpr int kRhs = 3, kBias = 6, kScale = 7;
  const bool transpose_lhs = node.flag_attribute("transA", false),
             transpose_rhs = node.flag_attribute("transB", false);
  const float alpha = node.float_attribute("alpha", 1);
  for (const int i : {0, kRhs})
    if (node.rank(i) != 2)
      return invalid_model("input " + std::to_string(i) + " is " + to_string(node.type(i)) +
                           ", expected a matrix");
  const TransposeAttrs turn{{1, 0}};
  const BinaryAttrs mul{BinaryFunction::kMul};
  OCTET_ASSIGN_OR_RETURN(ValueId lhs, emit_dequantized(node, "lhs", codes_at(0)));
  OCTET_ASSIGN_OR_RETURN(ValueId rhs,
                         emit_dequantized(node, "rhs", codes_at(kRhs), transpose_rhs ? 0 : 1));
  if (transpose_lhs) {
    OCTET_ASSIGN_OR_RETURN(lhs, node.emit("A", turn, {lhs}));
  }
  if (transpose_rhs) {
    OCTET_ASSIGN_OR_RETURN(rhs, node.emit("B", turn, {rhs}));
  }
  OCTET_ASSIGN_OR_RETURN(ValueId result, node.emit("", MatMulAttrs{}, {lhs, rhs}));
  OCTET_ASSIGN_OR_RETURN(const ValueId factor, node.add_scalar("alpha", DType::kF32, alpha));
  if (alpha != 1) {
    OCTET_ASSIGN_OR_RETURN(result, node.emit("scaled", mul, {result, factor}));
  }
  if (node.has_input(kBias)) {
    OCTET_ASSIGN_OR_RETURN(ValueId scale,
                           node.emit("both_scales", mul, {node.input(1), node.input(kRhs + 1)}));
    OCTET_ASSIGN_OR_RETURN(scale, node.emit("bias_scale", mul, {scale, factor}));
    const int axis = std::max(node.rank(kBias) - 1, 0);
    OCTET_ASSIGN_OR_RETURN(
        const ValueId bias,
        node.emit("bias", DequantizeAttrs{DType::kF32, {axis, 0}}, {node.input(kBias), scale}));
    OCTET_ASSIGN_OR_RETURN(result,
                           node.emit("biased", BinaryAttrs{BinaryFunction::kAdd}, {result, bias}));
  }
  if (!node.has_input(kScale)) return node.alias(result), Status::ok();
  return finish_quantized(node, result, 0, kScale);
}

Status import_qlinear_binary(NodeImport& node, BinaryFunction function) {
  OCTET_RETURN_IF_ERROR(expect_present(node, {3, 4, 6}));
  OCTET_ASSIGN_OR_RETURN(const ValueId lhs, emit_dequantized(node, "lhs", codes_at(0)));
  OCTET_ASSIGN_OR_RETURN(const ValueId rhs, emit_dequantized(node, "rhs", codes_at(3)));
  OCTET_ASSIGN_OR_RETURN(const ValueId result,
                         node.emit("result", BinaryAttrs{function}, {lhs, rhs}));
  return finish_quantized(node, result, 0, 6);
}

Status import_qlinear_unary(NodeImport& node, UnaryFunction function) {
  OCTET_RETURN_IF_ERROR(expect_present(node, {3}));
  UnaryAttrs unary{function};
  if (function == UnaryFunction::kLeakyRelu) unary.alpha = node.float_attribute("alpha", 0.01f);
  OCTET_ASSIGN_OR_RETURN(const ValueId src, emit_dequantized(node, "src", codes_at(0)));
  OCTET_ASSIGN_OR_RETURN(const ValueId result, node.emit("result", unary, {src}));
  return finish_quantized(node, result, 0, 3);
}

// The attribute "opset" says which Softmax is meant.
Status import_qlinear_softmax(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(expect_present(node, {3}));
  OCTET_ASSIGN_OR_RETURN(const ValueId src, emit_dequantized(node, "src", codes_at(0)));
  OCTET_ASSIGN_OR_RETURN(const ValueId result,
                         emit_softmax(node, src, node.int_attribute("opset", 13)));
  return finish_quantized(node, result, 0, 3);
}

// The result's scale and zero point, then three inputs for each part.
Status import_qlinear_concat(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(expect_present(node, {2, 3}));
  std::vector<ValueId> parts;
  for (int first = 2; first < node.input_count(); first += 3) {
    if (!node.has_input(first) || !node.has_input(first + 1))
      return invalid_model("has " + std::to_string(node.input_count()) +
                           " inputs, expected codes, a scale and a zero point for each part");
    OCTET_ASSIGN_OR_RETURN(
        parts.emplace_back(),
        emit_dequantized(node, "part" + std::to_string(first / 3), codes_at(first)));
  }
  if (!node.has_attribute("axis")) return invalid_model("attribute \"axis\" is missing");
  OCTET_ASSIGN_OR_RETURN(
      const int axis, normalize_axis(node.int_attribute("axis", 0), node.type_of(parts[0]).rank()));
  OCTET_ASSIGN_OR_RETURN(const ValueId result,
                         node.emit("result", ConcatAttrs{axis}, std::move(parts)));
  return finish_quantized(node, result, 2, 0);
}

Status import_qlinear_where(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const ValueId on_true, emit_dequantized(node, "on_true", codes_at(1)));
  OCTET_ASSIGN_OR_RETURN(const ValueId on_false, emit_dequantized(node, "on_false", codes_at(4)));
  OCTET_ASSIGN_OR_RETURN(const ValueId result,
                         node.emit("result", WhereAttrs{}, {node.input(0), on_true, on_false}));
  return finish_quantized(node, result, 1, 7);
}

}  // namespace octet
