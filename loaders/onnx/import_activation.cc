// Activations with parameters.
#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/formula.h"
#include "loaders/onnx/importers.h"

namespace octet {
namespace {

Status finish(NodeImport& node, UnaryFunction function, float alpha, float beta = 0) {
  return node.finish(UnaryAttrs{function, alpha, beta}, {node.input(0)});
}

}  // namespace

Status import_celu(NodeImport& node) {
  return finish(node, UnaryFunction::kCelu, node.float_attribute("alpha", 1));
}

Status import_elu(NodeImport& node) {
  return finish(node, UnaryFunction::kElu, node.float_attribute("alpha", 1), 1);
}

// The defaults are ONNX's, from the paper's self-normalizing fixed point; opset 1 has fewer digits
// of it.
Status import_selu(NodeImport& node) {
  const bool rounded = node.opset() < 6;
  const float alpha = rounded ? 1.6732f : 1.67326319217681884765625f;
  const float gamma = rounded ? 1.0507f : 1.05070102214813232421875f;
  return finish(node, UnaryFunction::kElu, node.float_attribute("alpha", alpha),
                node.float_attribute("gamma", gamma));
}

Status import_hard_sigmoid(NodeImport& node) {
  return finish(node, UnaryFunction::kHardSigmoid, node.float_attribute("alpha", 0.2f),
                node.float_attribute("beta", 0.5f));
}

Status import_leaky_relu(NodeImport& node) {
  return finish(node, UnaryFunction::kLeakyRelu, node.float_attribute("alpha", 0.01f));
}

Status import_thresholded_relu(NodeImport& node) {
  return finish(node, UnaryFunction::kThresholdedRelu, node.float_attribute("alpha", 1));
}

// x + bias below -lambd, x - bias above lambd, 0 between them; of integers in f64, which is cut.
Status import_shrink(NodeImport& node) {
  const DType dtype = node.type(0).dtype;
  const double lambd = static_cast<double>(node.float_attribute("lambd", 0.5f));
  const double bias = static_cast<double>(node.float_attribute("bias", 0));
  Formula f(node);
  const Operand x = f.cast(f.input(0), is_floating(dtype) ? dtype : DType::kF64);
  const auto bound = [&](double value) { return f.scalar(f.dtype(x), value); };
  const Operand above = f.binary(BinaryFunction::kGreater, x, bound(lambd));
  const Operand below = f.binary(BinaryFunction::kLess, x, bound(-lambd));
  return f.finish(f.where(below, x + bias, f.where(above, x - bias, bound(0))), dtype);
}

// x < 0 ? slope x : x; the slope is broadcast to x, not the other way round. Below opset 7 it has
// one element, or one per channel, and those are axis 1.
Status import_prelu(NodeImport& node) {
  const SymbolicShape shape = node.type(0).shape;
  ValueId slope = node.input(1);
  if (node.opset() < 7 && node.rank(1) == 1 && shape.size() > 2) {
    SymbolicShape channels(shape.size() - 1, Dim(1));
    channels[0] = node.type(1).shape[0];
    OCTET_ASSIGN_OR_RETURN(slope, node.emit("slopes", ReshapeAttrs{channels}, {slope}));
  }
  OCTET_ASSIGN_OR_RETURN(slope, emit_fitting(node, "slope", slope, shape, "the slope"));
  OCTET_ASSIGN_OR_RETURN(const ValueId zero, node.add_scalar("zero", node.type(0).dtype, 0));
  OCTET_ASSIGN_OR_RETURN(const ValueId below, node.emit("below", BinaryAttrs{BinaryFunction::kLess},
                                                        {node.input(0), zero}));
  OCTET_ASSIGN_OR_RETURN(
      const ValueId scaled,
      node.emit("scaled", BinaryAttrs{BinaryFunction::kMul}, {node.input(0), slope}));
  return node.finish(WhereAttrs{}, {below, scaled, node.input(0)});
}

}  // namespace octet
