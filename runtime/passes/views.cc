// Views and the constant factors among them.
#include "runtime/passes/views.h"

namespace octet {

bool is_view(const Node& node) {
  return node.as<ReshapeAttrs>() != nullptr || node.as<TransposeAttrs>() != nullptr;
}

bool is_idle_cast(const Graph& graph, const Node& node) {
  const auto* cast = node.as<CastAttrs>();
  return cast != nullptr && graph.value(node.inputs[0]).type.dtype == cast->to;
}

bool same_shape(const Graph& graph, ValueId lhs, ValueId rhs) {
  return graph.value(lhs).type.shape == graph.value(rhs).type.shape;
}

std::optional<ScalarFactor> scalar_factor(const Graph& graph, const GraphIndex& index,
                                          ValueId value) {
  if (graph.value(value).type.dtype != DType::kF32) return std::nullopt;
  const Node* node = index.binary(value, BinaryFunction::kMul);
  const bool divides = node == nullptr;
  if (divides) node = index.binary(value, BinaryFunction::kDiv);
  if (node == nullptr) return std::nullopt;
  const auto operand = scalar_operand(graph, *node);
  if (!operand || !same_shape(graph, operand->other, value)) return std::nullopt;
  if (divides && operand->scalar_is_lhs) return std::nullopt;
  const auto scalar = static_cast<float>(operand->scalar);
  return ScalarFactor{operand->other, divides ? 1 / scalar : scalar};
}

Result<ValueId> take_out_scale(Graph& graph, const GraphIndex& index, ValueId value, float& scale) {
  std::vector<ValueId> views, views_above_factor;  // outputs, from the top down
  ValueId base = value, walk = value;
  for (int step = 0; step < kMostViews; ++step) {
    const Node* node = index.producer(walk);
    if (node == nullptr) break;
    if (const auto factor = scalar_factor(graph, index, walk)) {
      scale *= factor->factor;
      base = walk = factor->source;
      views_above_factor = views;
    } else if (is_view(*node)) {
      views.push_back(walk);
      walk = node->inputs[0];
    } else {
      break;
    }
  }
  for (auto view = views_above_factor.rbegin(); view != views_above_factor.rend(); ++view) {
    const Node& original = *index.producer(*view);
    const std::string name = original.name + "/unscaled";
    OCTET_ASSIGN_OR_RETURN(base, graph.add(name, Attributes(original.attributes), {base}, name));
  }
  return base;
}

}  // namespace octet
