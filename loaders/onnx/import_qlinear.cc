// The operator form of quantized models: ops on codes, as ONNX and com.microsoft have them. Each is
// imported as what it means, Dequantize -> the float op -> Quantize, from which the passes make
// quantized layers and moves of codes.
// Source: ONNX's Operators.md; ONNX Runtime's docs/ContribOperators.md.
#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/import_codes.h"
#include "loaders/onnx/import_window.h"
#include "loaders/onnx/importers.h"

namespace octet {
namespace {

// Channels stand last in some of the pools of com.microsoft.
Status expect_channels_first(NodeImport& node) {
  if (!node.flag_attribute("channels_last", false)) return Status::ok();
  return unsupported(
      "attribute \"channels_last\" is 1; expected channels after the batch, as models have them "
      "before ONNX Runtime optimizes them for one machine");
}

// Zero points may be absent, what stands behind them may not.
Status expect_present(const NodeImport& node, std::initializer_list<int> inputs) {
  for (const int index : inputs)
    if (!node.has_input(index))
      return invalid_model("input " + std::to_string(index) + " is missing");
  return Status::ok();
}

}  // namespace

Result<ValueId> emit_dequantized(NodeImport& node, std::string_view step, const CodeInputs& inputs,
                                 int axis) {
  const bool per_tensor = is_per_tensor(node.type(inputs.scale));
  return node.emit(
      step, DequantizeAttrs{DType::kF32, {per_tensor ? 0 : axis, 0}},
      {node.input(inputs.codes), node.input(inputs.scale), node.input(inputs.zero_point)});
}

Status finish_quantized(NodeImport& node, ValueId result, int codes, int scale, int axis) {
  const int zero_point = scale + 1;
  QuantizeAttrs quantize;
  quantize.type = node.type(node.has_input(zero_point) ? zero_point : codes).dtype;
  quantize.scales.axis = is_per_tensor(node.type(scale)) ? 0 : axis;
  return node.finish(quantize, {result, node.input(scale), node.input(zero_point)});
}

Status import_qlinear_matmul(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const ValueId lhs,
                         emit_dequantized(node, "lhs", codes_at(0), std::max(node.rank(0) - 2, 0)));
  OCTET_ASSIGN_OR_RETURN(const ValueId rhs,
                         emit_dequantized(node, "rhs", codes_at(3), std::max(node.rank(3) - 1, 0)));
  OCTET_ASSIGN_OR_RETURN(const ValueId product, node.emit("", MatMulAttrs{}, {lhs, rhs}));
  return finish_quantized(node, product, 0, 6, std::max(node.type_of(product).rank() - 2, 0));
}

// The bias is i32, in units of both scales.
Status import_qlinear_conv(NodeImport& node) {
  constexpr int kWeights = 3, kBias = 8;
  OCTET_RETURN_IF_ERROR(expect_channels_first(node));
  OCTET_ASSIGN_OR_RETURN(const ConvAttrs conv, import_conv_attributes(node, kWeights));
  OCTET_ASSIGN_OR_RETURN(const ValueId src, emit_dequantized(node, "src", codes_at(0)));
  OCTET_ASSIGN_OR_RETURN(const ValueId weights,
                         emit_dequantized(node, "weights", codes_at(kWeights)));
  std::vector<ValueId> inputs = {src, weights};
  if (node.has_input(kBias)) {
    OCTET_ASSIGN_OR_RETURN(
        const ValueId scale,
        node.emit("bias_scale", BinaryAttrs{BinaryFunction::kMul}, {node.input(1), node.input(4)}));
    OCTET_ASSIGN_OR_RETURN(const ValueId bias,
                           node.emit("bias", DequantizeAttrs{}, {node.input(kBias), scale}));
    inputs.push_back(bias);
  }
  OCTET_ASSIGN_OR_RETURN(const ValueId sums, node.emit("", conv, std::move(inputs)));
  return finish_quantized(node, sums, 0, 6);
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

Status import_qlinear_average_pool(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(expect_present(node, {3}));
  OCTET_RETURN_IF_ERROR(expect_channels_first(node));
  PoolAttrs pool{.function = PoolFunction::kAverage, .window = {}};
  OCTET_ASSIGN_OR_RETURN(pool.window, import_window(node, std::nullopt));
  pool.count_include_pad = node.flag_attribute("count_include_pad", false);
  OCTET_ASSIGN_OR_RETURN(const ValueId src, emit_dequantized(node, "src", codes_at(0)));
  OCTET_ASSIGN_OR_RETURN(const ValueId result, node.emit("result", std::move(pool), {src}));
  return finish_quantized(node, result, 0, 3);
}

Status import_qlinear_global_average_pool(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(expect_present(node, {3}));
  OCTET_RETURN_IF_ERROR(expect_channels_first(node));
  OCTET_ASSIGN_OR_RETURN(ReduceAttrs pool, global_pool(node.type(0), ReduceFunction::kMean));
  OCTET_ASSIGN_OR_RETURN(const ValueId src, emit_dequantized(node, "src", codes_at(0)));
  OCTET_ASSIGN_OR_RETURN(const ValueId result, node.emit("result", std::move(pool), {src}));
  return finish_quantized(node, result, 0, 3);
}

Status import_qlinear_where(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const ValueId on_true, emit_dequantized(node, "on_true", codes_at(1)));
  OCTET_ASSIGN_OR_RETURN(const ValueId on_false, emit_dequantized(node, "on_false", codes_at(4)));
  OCTET_ASSIGN_OR_RETURN(const ValueId result,
                         node.emit("result", WhereAttrs{}, {node.input(0), on_true, on_false}));
  return finish_quantized(node, result, 1, 7);
}

}  // namespace octet
