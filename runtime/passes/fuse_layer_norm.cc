// Pass: layer normalization spelled in primitives becomes one node.
#include "runtime/passes/fuse_layer_norm.h"

#include <algorithm>

#include "runtime/passes/match.h"

namespace octet {
namespace {

struct Match {
  int root;  // the node whose output is the normalized value
  ValueId x;
  float epsilon;
  ValueId gamma;  // kNoValue: ones
  ValueId beta;   // kNoValue: none
};

class LayerNormMatcher {
 public:
  explicit LayerNormMatcher(const Graph& graph) : graph_(graph), index_(graph) {}

  // A match whose normalized value, before gamma, is the output of `node`.
  std::optional<Match> match(const Node& node) const {
    const auto* binary = node.as<BinaryAttrs>();
    if (binary == nullptr || graph_.value(node.outputs[0]).type.dtype != DType::kF32)
      return std::nullopt;
    if (binary->function == BinaryFunction::kDiv)
      return match_parts(node, node.inputs[0], root_argument(node.inputs[1]));
    if (binary->function != BinaryFunction::kMul) return std::nullopt;
    for (size_t i : {size_t{0}, size_t{1}})
      if (auto found =
              match_parts(node, node.inputs[i], reciprocal_root_argument(node.inputs[1 - i])))
        return found;
    return std::nullopt;
  }

 private:
  // y where value = sqrt(y); kNoValue otherwise.
  ValueId root_argument(ValueId value) const {
    if (const Node* root = index_.unary(value, UnaryFunction::kSqrt)) return root->inputs[0];
    const Node* power = index_.binary(value, BinaryFunction::kPow);
    return power != nullptr && is_scalar(graph_, power->inputs[1], 0.5) ? power->inputs[0]
                                                                        : kNoValue;
  }
  // y where value = 1 / sqrt(y).
  ValueId reciprocal_root_argument(ValueId value) const {
    if (const Node* reciprocal = index_.unary(value, UnaryFunction::kReciprocal))
      return root_argument(reciprocal->inputs[0]);
    if (const Node* divide = index_.binary(value, BinaryFunction::kDiv))
      return is_scalar(graph_, divide->inputs[0], 1) ? root_argument(divide->inputs[1]) : kNoValue;
    const Node* power = index_.binary(value, BinaryFunction::kPow);
    return power != nullptr && is_scalar(graph_, power->inputs[1], -0.5) ? power->inputs[0]
                                                                         : kNoValue;
  }
  // y where value = mean of y over the last axis, kept.
  ValueId mean_argument(ValueId value) const {
    const Node* mean = index_.producer_as<ReduceAttrs>(value);
    if (mean == nullptr) return kNoValue;
    const auto& attrs = *mean->as<ReduceAttrs>();
    const int last = graph_.value(mean->inputs[0]).type.rank() - 1;
    const bool matches = attrs.function == ReduceFunction::kMean && attrs.keep_dims &&
                         attrs.axes == std::vector<int>{last};
    return matches ? mean->inputs[0] : kNoValue;
  }
  // x where value = x - mean(x).
  ValueId deviation_argument(ValueId value) const {
    const Node* difference = index_.binary(value, BinaryFunction::kSub);
    if (difference == nullptr) return kNoValue;
    return mean_argument(difference->inputs[1]) == difference->inputs[0] ? difference->inputs[0]
                                                                         : kNoValue;
  }
  // y where value = y * y.
  ValueId square_argument(ValueId value) const {
    if (const Node* power = index_.binary(value, BinaryFunction::kPow))
      return is_scalar(graph_, power->inputs[1], 2) ? power->inputs[0] : kNoValue;
    const Node* product = index_.binary(value, BinaryFunction::kMul);
    return product != nullptr && product->inputs[0] == product->inputs[1] ? product->inputs[0]
                                                                          : kNoValue;
  }

  // `deviation` is divided by the root of `shifted`, the variance with epsilon.
  std::optional<Match> match_parts(const Node& node, ValueId deviation, ValueId shifted) const {
    const ValueId x = deviation_argument(deviation);
    const Node* sum = index_.binary(shifted, BinaryFunction::kAdd);
    if (x == kNoValue || sum == nullptr) return std::nullopt;
    const auto epsilon = scalar_operand(graph_, *sum);
    if (!epsilon || epsilon->scalar < 0) return std::nullopt;
    const ValueId squares = mean_argument(epsilon->other);
    if (squares == kNoValue || deviation_argument(square_argument(squares)) != x)
      return std::nullopt;
    if (!graph_.value(x).type.shape.back().is_constant()) return std::nullopt;
    Match match{index_of(node), x, static_cast<float>(epsilon->scalar), kNoValue, kNoValue};
    take_scale_and_shift(node, match);
    return match;
  }

  // Extends the match over Mul by gamma and Add of beta as far as they follow.
  void take_scale_and_shift(const Node& node, Match& match) const {
    const Node* scale = index_.single_user(node.outputs[0]);
    match.gamma = vector_operand(scale, BinaryFunction::kMul, node.outputs[0]);
    if (match.gamma == kNoValue) return;
    match.root = index_of(*scale);
    const Node* shift = index_.single_user(scale->outputs[0]);
    match.beta = vector_operand(shift, BinaryFunction::kAdd, scale->outputs[0]);
    if (match.beta != kNoValue) match.root = index_of(*shift);
  }

  // The constant vector that `node` applies to `value`; kNoValue when it does something else.
  ValueId vector_operand(const Node* node, BinaryFunction function, ValueId value) const {
    if (node == nullptr || index_.binary(node->outputs[0], function) == nullptr) return kNoValue;
    const ValueId other = node->inputs[0] == value ? node->inputs[1] : node->inputs[0];
    const TypeInfo& type = graph_.value(value).type;
    const bool fits = is_vector_constant(graph_, other, type.shape.back()) &&
                      graph_.value(other).type.rank() <= type.rank();
    return fits ? other : kNoValue;
  }

  int index_of(const Node& node) const { return static_cast<int>(&node - graph_.nodes().data()); }

  const Graph& graph_;
  GraphIndex index_;
};

Result<ValueId> ones(Graph& graph, const Node& node, int64_t size) {
  Tensor tensor(DType::kF32, {size});
  std::fill(tensor.elements<float>().begin(), tensor.elements<float>().end(), 1.0f);
  return graph.add_constant(node.name + ".gamma", Constant(std::move(tensor)));
}

}  // namespace

Status fuse_layer_norm(Graph& graph, const PassOptions&) {
  std::vector<Match> matches;
  {
    const LayerNormMatcher matcher(graph);
    for (const Node& node : graph.nodes())
      if (auto match = matcher.match(node)) matches.push_back(*match);
  }
  for (const Match& match : matches) {
    const Node& root = graph.nodes()[static_cast<size_t>(match.root)];
    const int64_t size = graph.value(match.x).type.shape.back().value();
    OCTET_ASSIGN_OR_RETURN(const ValueId gamma, match.gamma == kNoValue
                                                    ? ones(graph, root, size)
                                                    : as_vector(graph, match.gamma));
    std::vector<ValueId> inputs = {match.x, gamma};
    if (match.beta != kNoValue) {
      OCTET_ASSIGN_OR_RETURN(const ValueId beta, as_vector(graph, match.beta));
      inputs.push_back(beta);
    }
    graph.set_inputs(root, std::move(inputs));
    graph.edit_attributes(root) = LayerNormAttrs{match.epsilon};
  }
  return Status::ok();
}

}  // namespace octet
