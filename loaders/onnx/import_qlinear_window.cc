// QLinearConv and the pools of codes: Dequantize -> the float op -> Quantize, with transposes of
// the codes around that where channels stand last, as ONNX Runtime's optimizer writes it. Source:
// ONNX's Operators.md; ONNX Runtime's docs/ContribOperators.md.
#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/import_codes.h"
#include "loaders/onnx/import_window.h"
#include "loaders/onnx/importers.h"

namespace octet {
namespace {

// Of com.microsoft's ops; weights stand as ever.
bool has_channels_last(NodeImport& node) { return node.flag_attribute("channels_last", false); }

// What the codes of input 0 stand for, [N, C, spatial..].
Result<ValueId> emit_src(NodeImport& node) {
  if (!has_channels_last(node)) return emit_dequantized(node, "src", codes_at(0));
  OCTET_ASSIGN_OR_RETURN(const ValueId codes, emit_channels_first(node, "codes", node.input(0)));
  return node.emit("src", DequantizeAttrs{}, {codes, node.input(1), node.input(2)});
}

// Gives the node's output: codes of `result` [N, C, spatial..] by the scale in input `scale`.
Status finish_result(NodeImport& node, ValueId result, int scale) {
  if (!has_channels_last(node)) return finish_quantized(node, result, 0, scale);
  OCTET_ASSIGN_OR_RETURN(const ValueId codes,
                         node.emit("quantized", quantize_attrs(node, 0, scale),
                                   {result, node.input(scale), node.input(scale + 1)}));
  return finish_channels_last(node, codes);
}

}  // namespace

// The bias is i32, in units of both scales.
Status import_qlinear_conv(NodeImport& node) {
  constexpr int kWeights = 3, kBias = 8;
  OCTET_ASSIGN_OR_RETURN(const ValueId src, emit_src(node));
  OCTET_ASSIGN_OR_RETURN(const ConvAttrs conv,
                         import_conv_attributes(node, node.type_of(src), kWeights));
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
  return finish_result(node, sums, 6);
}

Status import_qlinear_average_pool(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(expect_present(node, {3}));
  OCTET_ASSIGN_OR_RETURN(const ValueId src, emit_src(node));
  PoolAttrs pool{.function = PoolFunction::kAverage, .window = {}};
  OCTET_ASSIGN_OR_RETURN(pool.window, import_window(node, node.type_of(src), std::nullopt));
  pool.count_include_pad = node.flag_attribute("count_include_pad", false);
  OCTET_ASSIGN_OR_RETURN(const ValueId result, node.emit("result", std::move(pool), {src}));
  return finish_result(node, result, 3);
}

Status import_qlinear_global_average_pool(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(expect_present(node, {3}));
  OCTET_ASSIGN_OR_RETURN(const ValueId src, emit_src(node));
  OCTET_ASSIGN_OR_RETURN(ReduceAttrs pool, global_pool(node.type_of(src), ReduceFunction::kMean));
  OCTET_ASSIGN_OR_RETURN(const ValueId result, node.emit("result", std::move(pool), {src}));
  return finish_result(node, result, 3);
}

}  // namespace octet
