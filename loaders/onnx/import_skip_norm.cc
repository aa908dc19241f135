// com.microsoft.SkipLayerNormalization and SkipSimplifiedLayerNormalization: a sum with a residual,
// and its norm. Source: ONNX Runtime's docs/ContribOperators.md.
#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/importers.h"

namespace octet {
namespace {

constexpr int kSumOutput = 3;  // after the mean and the deviation that only training wants

// src + skip + bias, which is also an output of its own.
Result<ValueId> sum_of(NodeImport& node, int bias) {
  if (node.rank(0) < 2 || node.rank(0) > 3 || node.rank(1) > node.rank(0))
    return invalid_model("input 0 is " + to_string(node.type(0)) + " and the skip " +
                         to_string(node.type(1)) +
                         ", expected [batch, sequence, hidden] or [tokens, hidden]");
  for (int i : {1, 2})
    if (node.wants_output(i))
      return unsupported("output " + std::to_string(i) +
                         ", a statistic for training, is not supported; optimize the model for "
                         "inference");
  OCTET_ASSIGN_OR_RETURN(const ValueId sum,
                         emit_biased_sum(node, node.input(0), node.input(1), node.input(bias)));
  if (node.wants_output(kSumOutput)) node.alias(sum, kSumOutput);
  return sum;
}

}  // namespace

Status import_skip_layer_normalization(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const ValueId sum, sum_of(node, 4));
  std::vector<ValueId> inputs = {sum, node.input(2)};
  if (node.has_input(3)) inputs.push_back(node.input(3));
  return node.finish(LayerNormAttrs{node.float_attribute("epsilon", 1e-12f)}, std::move(inputs));
}

Status import_skip_simplified_layer_normalization(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const ValueId sum, sum_of(node, 3));
  const int last = node.type_of(sum).rank() - 1;
  OCTET_ASSIGN_OR_RETURN(const ValueId result,
                         emit_rms_norm(node, "norm", sum, {last},
                                       node.float_attribute("epsilon", 1e-12f), node.input(2)));
  node.alias(result);
  return Status::ok();
}

}  // namespace octet
