// The fused forms of dynamically quantized products, of com.microsoft: what DynamicQuantizeLinear,
// MatMulInteger, Cast, Mul and Add do, in one node.
// Source: ONNX Runtime's docs/ContribOperators.md.
#include "loaders/onnx/import_codes.h"
#include "loaders/onnx/importers.h"

namespace octet {
namespace {

Status finish_product(NodeImport& node, ValueId lhs, ValueId rhs, int bias) {
  if (!node.has_input(bias)) return node.finish(MatMulAttrs{}, {lhs, rhs});
  OCTET_ASSIGN_OR_RETURN(const ValueId product, node.emit("", MatMulAttrs{}, {lhs, rhs}));
  return node.finish(BinaryAttrs{BinaryFunction::kAdd}, {product, node.input(bias)});
}

int last_axis(const NodeImport& node, int index) { return std::max(node.rank(index) - 1, 0); }

}  // namespace

// Inputs: A f32, B codes, its scale, its zero point, bias.
Status import_dynamic_quantize_matmul(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const ValueId lhs, emit_dynamic_codes(node, "lhs", node.input(0)));
  OCTET_ASSIGN_OR_RETURN(const ValueId rhs,
                         emit_dequantized(node, "rhs", {1, 2, 3}, last_axis(node, 1)));
  return finish_product(node, lhs, rhs, 4);
}

// Inputs: A codes, B codes, their scales, their zero points, bias.
Status import_matmul_integer_to_float(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const ValueId lhs,
                         emit_dequantized(node, "lhs", {0, 2, 4}, std::max(node.rank(0) - 2, 0)));
  OCTET_ASSIGN_OR_RETURN(const ValueId rhs,
                         emit_dequantized(node, "rhs", {1, 3, 5}, last_axis(node, 1)));
  return finish_product(node, lhs, rhs, 6);
}

}  // namespace octet
