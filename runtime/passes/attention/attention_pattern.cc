// The walk from a Softmax back to the product of q and k and on to the product with v.
#include "runtime/passes/attention/attention_pattern.h"

#include "runtime/passes/views.h"

namespace octet {
namespace {

// Scales, masks, reshapes between a product and its Softmax; longer chains are no attention.
constexpr int kMaxSteps = 16;

class ScoreWalk {
 public:
  ScoreWalk(const Graph& graph, const GraphIndex& index) : graph_(graph), index_(index) {}

  // Walks from `value` back to the product of q and k and fills the pattern; false where there is
  // none.
  bool find(ValueId value, int steps, AttentionPattern& pattern) const {
    const Node* node = index_.producer(value);
    if (!node || steps == kMaxSteps || !index_.has_single_use(value)) return false;
    if (graph_.value(value).type.dtype != DType::kF32) return false;
    if (node->as<MatMulAttrs>()) {
      pattern.q = node->inputs[0];
      pattern.k_transposed = node->inputs[1];
      return true;
    }
    if (node->as<ReshapeAttrs>() || is_idle_cast(graph_, *node))
      return find(node->inputs[0], steps + 1, pattern);
    if (const auto factor = scalar_factor(graph_, index_, value)) {
      pattern.scale *= factor->factor;
      return find(factor->source, steps + 1, pattern);
    }
    // A factor that is applied after a mask scales the mask too; nobody exports that.
    if (pattern.scale != 1) return false;
    if (const auto* binary = node->as<BinaryAttrs>();
        binary && binary->function == BinaryFunction::kAdd)
      return find_beneath(value, node->inputs[0], {.addend = node->inputs[1]}, steps, pattern) ||
             find_beneath(value, node->inputs[1], {.addend = node->inputs[0]}, steps, pattern);
    if (node->as<WhereAttrs>()) return find_filled(value, *node, steps, pattern);
    return false;
  }

 private:
  bool find_filled(ValueId value, const Node& where, int steps, AttentionPattern& pattern) const {
    for (const bool keep : {true, false}) {
      const ValueId scores = where.inputs[keep ? 1 : 2];
      const auto fill = scalar_constant(graph_, where.inputs[keep ? 2 : 1]);
      if (!fill || !fill_masks(static_cast<float>(*fill))) continue;
      return find_beneath(
          value, scores,
          {.condition = where.inputs[0], .keep = keep, .fill = static_cast<float>(*fill)}, steps,
          pattern);
    }
    return false;
  }

  // The mask `piece` turns `scores` into `value`.
  bool find_beneath(ValueId value, ValueId scores, const MaskPiece& piece, int steps,
                    AttentionPattern& pattern) const {
    if (!same_shape(graph_, value, scores)) return false;
    if (piece.addend != kNoValue && graph_.value(piece.addend).type.dtype != DType::kF32)
      return false;
    const SymbolicShape& shape = graph_.value(value).type.shape;
    if (!pattern.masks.empty() && !(shape == pattern.masked_shape)) return false;
    AttentionPattern attempt = pattern;
    attempt.masks.push_back(piece);
    attempt.masked_shape = shape;
    if (!find(scores, steps + 1, attempt)) return false;
    pattern = std::move(attempt);
    return true;
  }

  const Graph& graph_;
  const GraphIndex& index_;
};

// where(isnan(weights), 0, weights), which reads `weights` twice; kNoValue where it is not there.
ValueId guarded_weights(const Graph& graph, const GraphIndex& index, ValueId weights) {
  const std::vector<const Node*> users = index.users(weights);
  if (users.size() != 2 || graph.is_output(weights)) return kNoValue;
  for (const Node* user : users) {
    if (user->as<WhereAttrs>() == nullptr || user->inputs[2] != weights) continue;
    const Node* guard = index.unary(user->inputs[0], UnaryFunction::kIsNaN);
    if (guard == nullptr || guard->inputs[0] != weights || !index.has_single_use(user->inputs[0]))
      continue;
    if (scalar_constant(graph, user->inputs[1]) == 0.0f &&
        same_shape(graph, user->outputs[0], weights))
      return user->outputs[0];
  }
  return kNoValue;
}

// Walks from the weights to the product with v.
bool find_product(const Graph& graph, const GraphIndex& index, ValueId weights,
                  AttentionPattern& pattern) {
  for (int step = 0; step < kMaxSteps; ++step) {
    if (const ValueId guarded = guarded_weights(graph, index, weights); guarded != kNoValue) {
      pattern.empty_rows_are_zero = true;
      weights = guarded;
      continue;
    }
    const Node* user = index.single_user(weights);
    if (user == nullptr) return false;
    if (user->as<MatMulAttrs>() != nullptr) {
      if (user->inputs[0] != weights) return false;
      pattern.v = user->inputs[1];
      pattern.output = user->outputs[0];
      return true;
    }
    if (user->as<ReshapeAttrs>() == nullptr && !is_idle_cast(graph, *user)) return false;
    weights = user->outputs[0];
  }
  return false;
}

// All operands f32 and of one rank, 3 or 4, and reshapes on the way did not change what a row of
// the scores is.
bool fits(const Graph& graph, const AttentionPattern& pattern, const Node& softmax) {
  const size_t rank = graph.value(pattern.q).type.shape.size();
  if (rank != 3 && rank != 4) return false;
  for (const ValueId value : {pattern.q, pattern.k_transposed, pattern.v, pattern.output}) {
    const TypeInfo& type = graph.value(value).type;
    if (type.dtype != DType::kF32 || type.shape.size() != rank) return false;
  }
  const SymbolicShape& q = graph.value(pattern.q).type.shape;
  const SymbolicShape& k = graph.value(pattern.k_transposed).type.shape;
  const auto keeps_rows = [&](const SymbolicShape& shape) {
    return shape.size() >= 3 && shape.size() <= 4 && shape.end()[-1] == k.back() &&
           shape.end()[-2] == q.end()[-2];
  };
  return keeps_rows(graph.value(softmax.outputs[0]).type.shape) &&
         (pattern.masks.empty() || keeps_rows(pattern.masked_shape));
}

}  // namespace

std::optional<AttentionPattern> match_attention(const Graph& graph, const GraphIndex& index,
                                                const Node& softmax) {
  const auto* attrs = softmax.as<SoftmaxAttrs>();
  if (!attrs || attrs->log) return std::nullopt;
  if (attrs->axis + 1 != graph.value(softmax.inputs[0]).type.rank()) return std::nullopt;
  AttentionPattern pattern;
  if (!ScoreWalk(graph, index).find(softmax.inputs[0], 0, pattern)) return std::nullopt;
  if (!find_product(graph, index, softmax.outputs[0], pattern)) return std::nullopt;
  if (!fits(graph, pattern, softmax)) return std::nullopt;
  return pattern;
}

}  // namespace octet
