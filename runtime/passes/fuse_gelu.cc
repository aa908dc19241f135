// Pass: GELU and SiLU spelled in primitives become one node.
#include "runtime/passes/fuse_gelu.h"

#include <algorithm>
#include <numbers>

#include "runtime/passes/product.h"

namespace octet {
namespace {

constexpr double kSqrtHalf = std::numbers::sqrt2 / 2;
constexpr double kSqrtTwoOverPi = std::numbers::sqrt2 * std::numbers::inv_sqrtpi;
constexpr double kCubic = 0.044715;
constexpr int kLongestChain = 4;

// A node, what it is a function of, and the function.
struct Match {
  int root;
  ValueId x;
  UnaryFunction function;
};

class GeluMatcher {
 public:
  explicit GeluMatcher(const Graph& graph) : graph_(graph), index_(graph) {}

  std::optional<Match> match(const Node& node) const {
    const auto* unary = node.as<UnaryAttrs>();
    if (unary == nullptr || graph_.value(node.inputs[0]).type.dtype != DType::kF32)
      return std::nullopt;
    switch (unary->function) {
      case UnaryFunction::kErf:
        return match_gate(node, erf_argument(node.inputs[0]), UnaryFunction::kGelu);
      case UnaryFunction::kTanh:
        return match_gate(node, tanh_argument(node.inputs[0]), UnaryFunction::kGeluTanh);
      case UnaryFunction::kSigmoid:
        return match_chain(node.outputs[0], 1, node.inputs[0], node.outputs[0],
                           UnaryFunction::kSilu);
      default:
        return std::nullopt;
    }
  }

 private:
  // x where value = x / sqrt 2.
  ValueId erf_argument(ValueId value) const {
    const Node* node = index_.producer(value);
    const auto operand = node != nullptr ? scalar_operand(graph_, *node) : std::nullopt;
    if (!operand) return kNoValue;
    return product_of(graph_, index_, value, operand->other).is(kSqrtHalf, {operand->other})
               ? operand->other
               : kNoValue;
  }

  // The other operand of a sum, given one.
  static ValueId other_operand(const Node& sum, ValueId operand) {
    return sum.inputs[0] == operand ? sum.inputs[1] : sum.inputs[0];
  }

  // x where value = sqrt(2 / pi) * (x + 0.044715 * x^3).
  ValueId tanh_argument(ValueId value) const {
    for (ValueId factor : product_of(graph_, index_, value).factors) {
      const Node* sum = index_.binary(factor, BinaryFunction::kAdd);
      if (sum == nullptr) continue;
      for (ValueId operand : sum->inputs) {
        const ValueId rest = other_operand(*sum, operand);
        if (is_scalar(graph_, operand, 1)) {  // 1 + 0.044715 * x^2, and x among the factors
          const Product square = product_of(graph_, index_, rest);
          if (square.factors.empty() || !square.is(kCubic, {square.factors[0], square.factors[0]}))
            continue;
          const ValueId x = square.factors[0];
          if (product_of(graph_, index_, value, x).is(kSqrtTwoOverPi, {x, factor})) return x;
        } else if (product_of(graph_, index_, rest, operand)
                       .is(kCubic, {operand, operand, operand}) &&
                   product_of(graph_, index_, value).is(kSqrtTwoOverPi, {factor})) {
          return operand;
        }
      }
    }
    return kNoValue;
  }

  // 0.5 * x * (1 + node), where the node is the erf or tanh.
  std::optional<Match> match_gate(const Node& node, ValueId x, UnaryFunction function) const {
    if (x == kNoValue) return std::nullopt;
    const Node* sum = index_.single_user(node.outputs[0]);
    if (sum == nullptr || index_.binary(sum->outputs[0], BinaryFunction::kAdd) == nullptr)
      return std::nullopt;
    if (!is_scalar(graph_, other_operand(*sum, node.outputs[0]), 1)) return std::nullopt;
    return match_chain(sum->outputs[0], 0.5, x, sum->outputs[0], function);
  }

  // Follows the readers of `start` through products until one is coefficient * x * gate.
  std::optional<Match> match_chain(ValueId start, double coefficient, ValueId x, ValueId gate,
                                   UnaryFunction function) const {
    ValueId value = start;
    for (int i = 0; i < kLongestChain; ++i) {
      const Node* user = index_.single_user(value);
      if (user == nullptr || user->as<BinaryAttrs>() == nullptr) return std::nullopt;
      value = user->outputs[0];
      if (!(graph_.value(value).type.shape == graph_.value(x).type.shape)) return std::nullopt;
      if (product_of(graph_, index_, value, x).is(coefficient, {x, gate}))
        return Match{static_cast<int>(user - graph_.nodes().data()), x, function};
    }
    return std::nullopt;
  }

  const Graph& graph_;
  GraphIndex index_;
};

}  // namespace

Status fuse_gelu(Graph& graph, const PassOptions&) {
  std::vector<Match> matches;
  {
    const GeluMatcher matcher(graph);
    for (const Node& node : graph.nodes())
      if (auto match = matcher.match(node)) matches.push_back(*match);
  }
  for (const Match& match : matches) {
    const Node& root = graph.nodes()[static_cast<size_t>(match.root)];
    graph.edit_attributes(root) = UnaryAttrs{match.function};
    graph.set_inputs(root, {match.x});
  }
  return Status::ok();
}

}  // namespace octet
