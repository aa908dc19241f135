// Attention as products and a softmax.
#include "loaders/onnx/attention_steps.h"

#include <limits>

#include "loaders/onnx/emit_parts.h"

namespace octet {
namespace {

using B = BinaryFunction;

Result<ValueId> emit_capped(NodeImport& node, ValueId scores, double softcap) {
  OCTET_ASSIGN_OR_RETURN(scores, emit_scaled(node, "relative", scores, 1 / softcap));
  OCTET_ASSIGN_OR_RETURN(scores, node.emit("tanh", UnaryAttrs{UnaryFunction::kTanh}, {scores}));
  return emit_scaled(node, "capped", scores, softcap);
}

// Weights of 0 where the mask is -inf for every key: the Softmax makes them NaN.
Result<ValueId> emit_guarded(NodeImport& node, ValueId weights, ValueId mask) {
  const TypeInfo type = node.type_of(mask);
  ValueId best = mask;
  if (type.rank() > 0) {
    OCTET_ASSIGN_OR_RETURN(
        best,
        node.emit("best_key", ReduceAttrs{ReduceFunction::kMax, {type.rank() - 1}, true}, {mask}));
  }
  OCTET_ASSIGN_OR_RETURN(
      const ValueId excluded,
      node.add_scalar("no_key", type.dtype, -std::numeric_limits<double>::infinity()));
  OCTET_ASSIGN_OR_RETURN(const ValueId none,
                         emit_binary(node, "sees_nothing", B::kEqual, best, excluded));
  OCTET_ASSIGN_OR_RETURN(const ValueId zero, node.add_scalar("no_weight", type.dtype, 0));
  return node.emit("guarded", WhereAttrs{}, {none, zero, weights});
}

// The weights of the keys, beside that of the sink.
Result<ValueId> emit_weights(NodeImport& node, ValueId scores, ValueId sink) {
  const Dim keys = node.type_of(scores).shape[3];
  if (sink != kNoValue) {
    OCTET_ASSIGN_OR_RETURN(scores, node.emit("with_sink", ConcatAttrs{3}, {scores, sink}));
  }
  OCTET_ASSIGN_OR_RETURN(const ValueId weights, node.emit("softmax", SoftmaxAttrs{3}, {scores}));
  return emit_slice(node, "weights", weights, 3, 0, keys);
}

}  // namespace

Result<ScoreValues> emit_attention_steps(NodeImport& node, const HeadOperands& heads,
                                         const ScoreSteps& steps) {
  ScoreValues values;
  const Dim count = node.type_of(heads.q).shape[1];
  OCTET_ASSIGN_OR_RETURN(const ValueId k, repeat_heads(node, "key", heads.k, count));
  OCTET_ASSIGN_OR_RETURN(const ValueId v, repeat_heads(node, "value", heads.v, count));
  OCTET_ASSIGN_OR_RETURN(const ValueId k_transposed,
                         node.emit("key_transposed", TransposeAttrs{{0, 1, 3, 2}}, {k}));
  OCTET_ASSIGN_OR_RETURN(const ValueId product,
                         node.emit("products", MatMulAttrs{}, {heads.q, k_transposed}));
  OCTET_ASSIGN_OR_RETURN(values.products, emit_scaled(node, "scores", product, steps.scale));
  values.capped = values.products;
  if (steps.softcap != 0) {
    OCTET_ASSIGN_OR_RETURN(values.capped, emit_capped(node, values.products, steps.softcap));
  }
  values.masked = values.capped;
  ValueId mask = heads.mask;
  if (mask != kNoValue) {
    OCTET_ASSIGN_OR_RETURN(mask, emit_fitting(node, "mask_of_scores", mask,
                                              node.type_of(values.capped).shape, "the mask"));
    OCTET_ASSIGN_OR_RETURN(values.masked,
                           emit_binary(node, "masked", B::kAdd, values.capped, mask));
  }
  OCTET_ASSIGN_OR_RETURN(values.weights, emit_weights(node, values.masked, steps.sink));
  if (mask != kNoValue && steps.sink == kNoValue) {
    OCTET_ASSIGN_OR_RETURN(values.weights, emit_guarded(node, values.weights, mask));
  }
  OCTET_ASSIGN_OR_RETURN(values.result, node.emit("attention", MatMulAttrs{}, {values.weights, v}));
  return values;
}

}  // namespace octet
