// com.microsoft.FusedMatMul, a product with the transpositions and the factor around it, and
// FusedGemm, a Gemm with the activation behind it.
// Source: ONNX Runtime's docs/ContribOperators.md, MatMulComputeHelper and GemmActivationFusion.
#include <algorithm>
#include <numeric>

#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/importers.h"

namespace octet {
namespace {

// transBatch moves the first axis behind the batch axes, trans then swaps the last two. A vector
// has neither.
Result<ValueId> operand(NodeImport& node, int index, bool transposed, bool batch_transposed) {
  const int rank = node.rank(index);
  const ValueId value = node.input(index);
  if (rank < 2 || (!transposed && !batch_transposed)) return value;
  std::vector<int> axes(static_cast<size_t>(rank));
  std::iota(axes.begin(), axes.end(), 0);
  if (batch_transposed) std::rotate(axes.begin(), axes.begin() + 1, axes.end() - 1);
  if (transposed) std::swap(axes[axes.size() - 2], axes[axes.size() - 1]);
  return node.emit(index == 0 ? "A" : "B", TransposeAttrs{std::move(axes)}, {value});
}

}  // namespace

Status import_fused_matmul(NodeImport& node) {
  const bool transpose_b = node.flag_attribute("transB", false);
  OCTET_ASSIGN_OR_RETURN(const ValueId lhs, operand(node, 0, node.flag_attribute("transA", false),
                                                    node.flag_attribute("transBatchA", false)));
  ValueId product = kNoValue;
  // Of a matrix, transBatchB moves nothing.
  if (is_layer_weight(node, 1) && node.type_of(lhs).dtype == DType::kF32 &&
      node.type_of(lhs).rank() >= 2) {
    OCTET_ASSIGN_OR_RETURN(
        product, node.emit("product", layer_of(node, 1, transpose_b), {lhs, node.input(1)}));
  } else {
    OCTET_ASSIGN_OR_RETURN(const ValueId rhs, operand(node, 1, transpose_b,
                                                      node.flag_attribute("transBatchB", false)));
    OCTET_ASSIGN_OR_RETURN(product, node.emit("", MatMulAttrs{}, {lhs, rhs}));
  }
  OCTET_ASSIGN_OR_RETURN(
      const ValueId scaled,
      emit_scaled(node, "scaled", product, static_cast<double>(node.float_attribute("alpha", 1))));
  node.alias(scaled);
  return Status::ok();
}

Status import_fused_gemm(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(import_gemm(node));
  std::vector<float> params;
  for (const char* name : {"activation_alpha", "activation_beta", "activation_gamma"})
    if (node.has_attribute(name)) params.push_back(node.float_attribute(name, 0));
  OCTET_ASSIGN_OR_RETURN(const ValueId result, emit_activation(node, node.outputs()[0], params));
  node.alias(result);
  return Status::ok();
}

}  // namespace octet
