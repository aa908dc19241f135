// Pass: products with constant weights become linear layers.
#include "runtime/passes/linear/fuse_linear.h"

#include "runtime/passes/linear/layer_epilogue.h"
#include "runtime/passes/match.h"

namespace octet {
namespace {

// Of a matrix, also where extents of 1 stand before it.
bool is_weight(const Graph& graph, ValueId id) {
  if (!is_constant(graph, id) || graph.value(id).type.dtype != DType::kF32) return false;
  const Shape& shape = graph.value(id).constant->shape();
  for (int axis = 0; axis + 2 < shape.rank(); ++axis)
    if (shape[axis] != 1) return false;
  return shape.rank() >= 2;
}

// The weights as a matrix: the constant itself, or a view of it.
Result<ValueId> as_matrix(Graph& graph, ValueId weights) {
  const Constant constant = *graph.value(weights).constant;
  const Shape& shape = constant.shape();
  if (shape.rank() == 2) return weights;
  const std::string name = graph.value(weights).name;
  return graph.add_constant(name, constant.reshaped({shape[shape.rank() - 2], shape.back()}));
}

// Turns node `i` into a Linear, in place, when its right operand is a weight.
Status make_linear(Graph& graph, const GraphIndex& index, size_t i) {
  const Node node = graph.nodes()[i];  // a copy: nodes may be added below
  const TypeInfo& src = graph.value(node.inputs[0]).type;
  if (src.rank() < 2 || src.dtype != DType::kF32) return Status::ok();
  ValueId weights = node.inputs[1];
  bool transposed = false;
  if (const Node* transpose = index.producer_as<TransposeAttrs>(weights)) {
    weights = transpose->inputs[0];
    transposed = true;  // of rank 2, the only permutation that is not in order
    if (transpose->as<TransposeAttrs>()->permutation != std::vector<int>{1, 0}) return Status::ok();
  }
  if (!is_weight(graph, weights)) return Status::ok();
  const int src_rank = src.rank(), rank = graph.value(weights).type.rank();
  OCTET_ASSIGN_OR_RETURN(const ValueId matrix, as_matrix(graph, weights));
  LinearAttrs attrs;
  attrs.weights_transposed = transposed;
  attrs.layer.name = node.name;
  attrs.layer.aliases = {graph.value(matrix).name};
  attrs.layer.rows = graph.value(matrix).constant->shape()[transposed ? 0 : 1];
  if (src_rank >= rank) {
    graph.edit_attributes(graph.nodes()[i]) = std::move(attrs);
    graph.set_input(graph.nodes()[i], 1, matrix);
    return Status::ok();
  }
  const SymbolicShape shape = graph.value(node.outputs[0]).type.shape;
  OCTET_ASSIGN_OR_RETURN(const ValueId rows,
                         graph.add(node.name, std::move(attrs), {node.inputs[0], matrix}));
  const Node& reshaped = graph.nodes()[i];
  graph.rename(reshaped, node.name + "/rank");
  graph.edit_attributes(reshaped) = ReshapeAttrs{shape};
  graph.set_inputs(reshaped, {rows});
  return Status::ok();
}

// Add(linear, bias): the bias goes into the linear layer, and readers of the sum read the layer.
Status take_bias(Graph& graph, const GraphIndex& index, const Node& add) {
  for (size_t i = 0; i < 2; ++i) {
    const Node* node = index.producer(add.inputs[i]);
    const Epilogue* epilogue = layer_epilogue(node);
    if (epilogue == nullptr || !index.has_single_use(add.inputs[i]) ||
        has_layer_input(*node, kLayerBias) || has_layer_input(*node, kLayerResidual))
      continue;
    const ValueId bias = add.inputs[1 - i];
    const TypeInfo& dst = graph.value(add.inputs[i]).type;
    if (epilogue->activation != Activation::kNone || dst.dtype != DType::kF32) continue;
    if (!is_vector_constant(graph, bias, dst.shape.back()) ||
        graph.value(bias).type.rank() > dst.rank())
      continue;
    OCTET_ASSIGN_OR_RETURN(const ValueId vector, as_vector(graph, bias));
    add_layer_alias(graph, *node, graph.value(bias).name);
    graph.set_input(*node, kLayerBias, vector);
    graph.replace_uses(add.outputs[0], node->outputs[0]);
    return Status::ok();
  }
  return Status::ok();
}

}  // namespace

Status fuse_linear(Graph& graph, const PassOptions&) {
  const GraphIndex index(graph);
  for (size_t i = 0, count = graph.nodes().size(); i < count; ++i)
    if (graph.nodes()[i].as<MatMulAttrs>() != nullptr)
      OCTET_RETURN_IF_ERROR(make_linear(graph, index, i));
  for (const Node& node : graph.nodes()) {
    const auto* binary = node.as<BinaryAttrs>();
    if (binary == nullptr || binary->function != BinaryFunction::kAdd) continue;
    OCTET_RETURN_IF_ERROR(take_bias(graph, index, node));
  }
  return Status::ok();
}

}  // namespace octet
