// Pass: products with constant weights become linear layers.
#include "runtime/passes/fuse_linear.h"

#include "runtime/passes/match.h"

namespace octet {
namespace {

bool is_weight(const Graph& graph, ValueId id) {
  return is_constant(graph, id) && graph.value(id).type.dtype == DType::kF32 &&
         graph.value(id).type.rank() == 2;
}

// Turns the node into a Linear, in place, when its right operand is a weight.
void make_linear(Graph& graph, const GraphIndex& index, const Node& node) {
  const TypeInfo& src = graph.value(node.inputs[0]).type;
  if (src.rank() < 2 || src.dtype != DType::kF32) return;
  ValueId weights = node.inputs[1];
  bool transposed = false;
  if (const Node* transpose = index.producer_as<TransposeAttrs>(weights)) {
    weights = transpose->inputs[0];
    transposed = true;  // of rank 2, the only permutation that is not in order
    if (transpose->as<TransposeAttrs>()->permutation != std::vector<int>{1, 0}) return;
  }
  if (!is_weight(graph, weights)) return;
  const Shape& shape = graph.value(weights).constant->shape();
  LinearAttrs attrs;
  attrs.weights_transposed = transposed;
  attrs.layer.name = node.name;
  attrs.layer.aliases = {graph.value(weights).name};
  attrs.layer.rows = shape[transposed ? 0 : 1];
  graph.edit_attributes(node) = std::move(attrs);
  graph.set_input(node, 1, weights);
}

// Add(linear, bias): the bias goes into the linear layer, and readers of the sum read the layer.
Status take_bias(Graph& graph, const GraphIndex& index, const Node& add) {
  for (size_t i = 0; i < 2; ++i) {
    const Node* node = index.producer_as<LinearAttrs>(add.inputs[i]);
    if (node == nullptr || !index.has_single_use(add.inputs[i]) || node->inputs.size() > 2)
      continue;
    const ValueId bias = add.inputs[1 - i];
    const TypeInfo& dst = graph.value(add.inputs[i]).type;
    const auto* attrs = node->as<LinearAttrs>();
    if (attrs->epilogue.activation != Activation::kNone || dst.dtype != DType::kF32) continue;
    if (!is_vector_constant(graph, bias, dst.shape.back()) ||
        graph.value(bias).type.rank() > dst.rank())
      continue;
    OCTET_ASSIGN_OR_RETURN(const ValueId vector, as_vector(graph, bias));
    graph.edit<LinearAttrs>(*node).layer.aliases.push_back(graph.value(bias).name);
    graph.set_input(*node, 2, vector);
    graph.replace_uses(add.outputs[0], node->outputs[0]);
    return Status::ok();
  }
  return Status::ok();
}

}  // namespace

Status fuse_linear(Graph& graph, const PassOptions&) {
  const GraphIndex index(graph);
  for (const Node& node : graph.nodes())
    if (node.as<MatMulAttrs>() != nullptr) make_linear(graph, index, node);
  for (const Node& node : graph.nodes()) {
    const auto* binary = node.as<BinaryAttrs>();
    if (binary == nullptr || binary->function != BinaryFunction::kAdd) continue;
    OCTET_RETURN_IF_ERROR(take_bias(graph, index, node));
  }
  return Status::ok();
}

}  // namespace octet
