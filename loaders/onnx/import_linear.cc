// MatMul and Gemm.
#include <cmath>

#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/importers.h"

namespace octet {

Status import_matmul(NodeImport& node) {
  return node.finish(MatMulAttrs{}, {node.input(0), node.input(1)});
}

namespace {

struct Gemm {
  bool transpose_a, transpose_b;
  float alpha, beta;
};

Result<ValueId> transposed(NodeImport& node, const char* step, ValueId value, bool wanted) {
  if (!wanted) return value;
  return node.emit(step, TransposeAttrs{{1, 0}}, {value});
}

// The type in which a product is scaled: its own, but where fractions of integers count until the
// result is rounded towards zero.
DType scaled_type(const Gemm& gemm, DType dtype) {
  const bool whole = gemm.alpha == std::trunc(gemm.alpha) && gemm.beta == std::trunc(gemm.beta);
  return whole || is_floating(dtype) ? dtype : DType::kF64;
}

// alpha * product + beta * C, where `product` is A . B and alpha, beta are 1 in most models.
Status finish_gemm(NodeImport& node, const Gemm& gemm, ValueId product) {
  const DType type = node.type(0).dtype, dtype = scaled_type(gemm, type);
  OCTET_ASSIGN_OR_RETURN(product, emit_cast(node, "wide_product", product, dtype));
  if (gemm.alpha != 1) {
    OCTET_ASSIGN_OR_RETURN(const ValueId alpha, node.add_scalar("alpha", dtype, gemm.alpha));
    OCTET_ASSIGN_OR_RETURN(
        product, node.emit("scaled", BinaryAttrs{BinaryFunction::kMul}, {product, alpha}));
  }
  if (!node.has_input(2) || gemm.beta == 0) {
    if (dtype != type) return node.finish(CastAttrs{type}, {product});
    return node.alias(product), Status::ok();
  }
  // C is broadcast to the product, not the other way round.
  OCTET_ASSIGN_OR_RETURN(ValueId addend,
                         emit_fitting(node, "C", node.input(2), node.type_of(product).shape, "C"));
  OCTET_ASSIGN_OR_RETURN(addend, emit_cast(node, "wide_C", addend, dtype));
  if (gemm.beta != 1) {
    OCTET_ASSIGN_OR_RETURN(const ValueId beta, node.add_scalar("beta", dtype, gemm.beta));
    OCTET_ASSIGN_OR_RETURN(addend,
                           node.emit("addend", BinaryAttrs{BinaryFunction::kMul}, {addend, beta}));
  }
  if (dtype == type) return node.finish(BinaryAttrs{BinaryFunction::kAdd}, {product, addend});
  OCTET_ASSIGN_OR_RETURN(const ValueId sum,
                         emit_binary(node, "sum", BinaryFunction::kAdd, product, addend));
  return node.finish(CastAttrs{type}, {sum});
}

// C as the bias [N] of a linear layer, times beta; kNoValue when it is none: computed, or one value
// per row.
Result<ValueId> as_bias(NodeImport& node, const Gemm& gemm, int64_t n) {
  if (!node.has_input(2) || !node.constant(2) || gemm.beta == 0) return kNoValue;
  const Constant constant = *node.constant(2);
  const Shape& shape = constant.shape();
  if (constant.dtype() != DType::kF32 || shape.rank() > 2 || (shape.rank() == 2 && shape[0] != 1))
    return kNoValue;
  const int64_t count = shape.element_count();
  if (count != 1 && count != n) return kNoValue;
  if (shape.rank() == 1 && count == n && gemm.beta == 1) return node.input(2);
  OCTET_ASSIGN_OR_RETURN(const Tensor given, constant.load());
  Tensor bias(DType::kF32, Shape{n});
  for (int64_t i = 0; i < n; ++i)
    bias.elements<float>()[static_cast<size_t>(i)] =
        gemm.beta * given.elements<const float>()[static_cast<size_t>(count == 1 ? 0 : i)];
  return node.add_constant("bias", Constant(std::move(bias)));
}

// A constant f32 B is a linear layer, named and with the names of its weight and bias as aliases.
Status import_layer(NodeImport& node, const Gemm& gemm, ValueId src) {
  const int64_t n = node.constant(1)->shape()[gemm.transpose_b ? 0 : 1];
  LinearAttrs linear;
  linear.weights_transposed = gemm.transpose_b;
  linear.layer = {node.name(), {node.value_name(1)}, 0, n};
  ValueId bias = kNoValue;
  if (gemm.alpha == 1) {
    OCTET_ASSIGN_OR_RETURN(bias, as_bias(node, gemm, n));
  }
  if (bias == kNoValue && (gemm.alpha != 1 || (node.has_input(2) && gemm.beta != 0))) {
    OCTET_ASSIGN_OR_RETURN(const ValueId product,
                           node.emit("product", linear, {src, node.input(1)}));
    return finish_gemm(node, gemm, product);
  }
  std::vector<ValueId> inputs = {src, node.input(1)};
  if (bias != kNoValue) {
    linear.layer.aliases.push_back(node.value_name(2));
    inputs.push_back(bias);
  }
  return node.finish(std::move(linear), std::move(inputs));
}

}  // namespace

Status import_gemm(NodeImport& node) {
  const Gemm gemm{node.flag_attribute("transA", false), node.flag_attribute("transB", false),
                  node.float_attribute("alpha", 1), node.float_attribute("beta", 1)};
  for (int i : {0, 1})
    if (node.rank(i) != 2)
      return invalid_model("input " + std::to_string(i) + " is " + to_string(node.type(i)) +
                           ", expected a matrix");
  OCTET_ASSIGN_OR_RETURN(const ValueId lhs, transposed(node, "A", node.input(0), gemm.transpose_a));
  if (node.constant(1) && node.type(0).dtype == DType::kF32 && node.type(1).dtype == DType::kF32)
    return import_layer(node, gemm, lhs);
  OCTET_ASSIGN_OR_RETURN(const ValueId rhs, transposed(node, "B", node.input(1), gemm.transpose_b));
  const bool plain = gemm.alpha == 1 && (!node.has_input(2) || gemm.beta == 0);
  if (plain) return node.finish(MatMulAttrs{}, {lhs, rhs});
  OCTET_ASSIGN_OR_RETURN(const ValueId product, node.emit("", MatMulAttrs{}, {lhs, rhs}));
  return finish_gemm(node, gemm, product);
}

}  // namespace octet
