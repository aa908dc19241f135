// Finds expressions of constants behind products, and makes constants of them.
#include "runtime/passes/quantize/compute_weights.h"

#include <map>

#include "runtime/core/run_control.h"
#include "runtime/passes/computed_constant.h"
#include "runtime/passes/match.h"
#include "runtime/passes/simplify/fold_budget.h"

namespace octet {
namespace {

class WeightComputer {
 public:
  // Looks at every node once: they are sorted.
  WeightComputer(const Graph& graph, const PassOptions& options)
      : graph_(graph),
        options_(options),
        budget_(fold_budget(graph, options)),
        expressions_(graph.value_count()) {
    for (const Node& node : graph.nodes()) note(node);
  }

  // Whether a layer may have the value as its weight: it depends on no input, is made by nothing
  // but arithmetic, and is within the budget, from which it is taken. Each layer reads it on its
  // own, to smooth, to quantize and to pack it, and may keep it in a form of its own.
  bool take(ValueId id) {
    constexpr double kReads = 3;
    const Expression& expression = expressions_[static_cast<size_t>(id)];
    const double work = kReads * expression.cost;
    const uint64_t bytes = bytes_of(id);
    if (expression.nodes == 0 || work > budget_.work || bytes > budget_.bytes) return false;
    budget_.work -= work;
    budget_.bytes -= bytes;
    return true;
  }

  // The value, computed when it is read. Precondition: take() was true.
  Constant constant(ValueId id) const {
    if (const auto& constant = graph_.value(id).constant) return *constant;
    const Node& node = *graph_.producer(id);
    std::vector<Constant> inputs;
    for (ValueId input : node.inputs) inputs.push_back(constant(input));
    return computed_constant(node, graph_.value(id).type, std::move(inputs), options_);
  }

 private:
  // What computes a value from constants: so many nodes, each as often as it is read.
  struct Expression {
    int nodes = 0;  // 0: it is none
    double cost = 0;
  };

  static bool is_arithmetic(const Node& node) {
    if (const auto* binary = node.as<BinaryAttrs>()) {
      const BinaryFunction function = binary->function;
      return function == BinaryFunction::kAdd || function == BinaryFunction::kSub ||
             function == BinaryFunction::kMul || function == BinaryFunction::kDiv;
    }
    return node.as<MatMulAttrs>() != nullptr || node.as<TransposeAttrs>() != nullptr ||
           node.as<ReshapeAttrs>() != nullptr;
  }

  uint64_t bytes_of(ValueId id) const {
    const TypeInfo& type = graph_.value(id).type;
    const auto shape = to_constant(type.shape);
    return shape ? static_cast<uint64_t>(shape->element_count()) * dtype_size(type.dtype)
                 : UINT64_MAX;
  }

  void note(const Node& node) {
    constexpr int kMostNodes = 32;
    if (!is_arithmetic(node)) return;
    const ValueId id = node.outputs[0];
    if (graph_.value(id).type.dtype != DType::kF32 || bytes_of(id) > budget_.largest) return;
    Expression sum{1, 0};
    for (ValueId input : node.inputs) {
      if (input == kNoValue) return;
      if (is_constant(graph_, input)) continue;
      const Expression& part = expressions_[static_cast<size_t>(input)];
      if (part.nodes == 0) return;
      sum.nodes += part.nodes;
      sum.cost += part.cost;
    }
    if (sum.nodes > kMostNodes) return;
    sum.cost += fold_cost(graph_, node, options_);
    expressions_[static_cast<size_t>(id)] = sum;
  }

  const Graph& graph_;
  const PassOptions& options_;
  FoldBudget budget_;
  std::vector<Expression> expressions_;  // by ValueId
};

// Whether a product is worth a constant on its right: its left side depends on an input.
bool is_layer(const Graph& graph, const Node& node) {
  if (node.as<MatMulAttrs>() == nullptr || is_constant(graph, node.inputs[0])) return false;
  return graph.value(node.inputs[1]).type.rank() >= 2;
}

}  // namespace

Status compute_weights(Graph& graph, const PassOptions& options) {
  if (!options.evaluate) return Status::ok();
  WeightComputer computer(graph, options);
  std::map<ValueId, ValueId> made;  // constants by the values that they stand for
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    OCTET_RETURN_IF_ERROR(check_stop());
    const Node& node = graph.nodes()[i];
    if (!is_layer(graph, node)) continue;
    const ValueId weights = node.inputs[1];
    const Node* maker = graph.producer(weights);
    // A transposed constant is what a layer reads as it is.
    if (maker == nullptr ||
        (maker->as<TransposeAttrs>() != nullptr && is_constant(graph, maker->inputs[0])))
      continue;
    if (!computer.take(weights)) continue;
    auto [place, is_new] = made.try_emplace(weights, kNoValue);
    if (is_new) {
      OCTET_ASSIGN_OR_RETURN(
          place->second, graph.add_constant(graph.value(weights).name, computer.constant(weights)));
    }
    graph.set_input(graph.nodes()[i], 1, place->second);
  }
  return Status::ok();
}

}  // namespace octet
