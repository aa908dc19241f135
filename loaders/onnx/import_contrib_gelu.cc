// Activations and sums that ONNX Runtime fuses: com.microsoft.BiasGelu, FastGelu, Gelu, QuickGelu,
// BiasAdd, BiasSplitGelu. Source: its docs/ContribOperators.md.
#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/importers.h"

namespace octet {
namespace {

using B = BinaryFunction;

// A bias [C] is added along the last axis. It never widens what it is added to.
Result<ValueId> with_bias(NodeImport& node) {
  if (!node.has_input(1)) return node.input(0);
  if (node.rank(1) != 1 || node.rank(0) < 1)
    return invalid_model("the bias is " + to_string(node.type(1)) + ", expected one vector for " +
                         to_string(node.type(0)));
  return emit_binary(node, "biased", B::kAdd, node.input(0), node.input(1));
}

Status finish_gelu(NodeImport& node, UnaryFunction function) {
  OCTET_ASSIGN_OR_RETURN(const ValueId src, with_bias(node));
  return node.finish(UnaryAttrs{function}, {src});
}

}  // namespace

Status import_bias_gelu(NodeImport& node) { return finish_gelu(node, UnaryFunction::kGelu); }

Status import_fast_gelu(NodeImport& node) { return finish_gelu(node, UnaryFunction::kGeluTanh); }

Status import_quick_gelu(NodeImport& node) {
  return finish_swish(node, node.float_attribute("alpha", 1.702f));
}

// (x + bias) + skip
Status import_bias_add(NodeImport& node) {
  if (node.rank(2) > node.rank(0))
    return invalid_model("the skip is " + to_string(node.type(2)) + " for " +
                         to_string(node.type(0)));
  OCTET_ASSIGN_OR_RETURN(const ValueId biased, with_bias(node));
  return node.finish(BinaryAttrs{B::kAdd}, {biased, node.input(2)});
}

// With left and right the halves of x + bias along the last axis: left * gelu(right).
Status import_bias_split_gelu(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const ValueId biased, with_bias(node));
  const SymbolicShape shape = node.type_of(biased).shape;
  const size_t axis = shape.size() - 1;
  if (shape[axis].is_constant() && shape[axis].value() % 2 != 0)
    return invalid_model("the last axis of " + to_string(node.type(0)) + " has no halves");
  const Dim half = Dim::floor_div(shape[axis], 2);
  OCTET_ASSIGN_OR_RETURN(const ValueId left, emit_slice(node, "left", biased, axis, 0, half));
  OCTET_ASSIGN_OR_RETURN(const ValueId right, emit_slice(node, "right", biased, axis, half, half));
  OCTET_ASSIGN_OR_RETURN(const ValueId gate,
                         node.emit("gate", UnaryAttrs{UnaryFunction::kGelu}, {right}));
  return node.finish(BinaryAttrs{B::kMul}, {left, gate});
}

}  // namespace octet
