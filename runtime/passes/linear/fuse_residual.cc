// Pass: the value added behind a linear layer moves into its epilogue.
#include "runtime/passes/linear/fuse_residual.h"

#include "runtime/passes/linear/layer_epilogue.h"
#include "runtime/passes/match.h"

namespace octet {
namespace {

bool can_take_residual(const GraphIndex& index, const Node* node, ValueId output) {
  const Epilogue* epilogue = layer_epilogue(node);
  return epilogue != nullptr && epilogue->output_type == DType::kF32 &&
         index.has_single_use(output) && !has_layer_input(*node, kLayerResidual);
}

}  // namespace

Status fuse_residual(Graph& graph, const PassOptions&) {
  const GraphIndex index(graph);
  for (const Node& node : graph.nodes()) {
    const auto* binary = node.as<BinaryAttrs>();
    if (binary == nullptr || binary->function != BinaryFunction::kAdd) continue;
    const TypeInfo& lhs = graph.value(node.inputs[0]).type;
    const TypeInfo& rhs = graph.value(node.inputs[1]).type;
    if (lhs.dtype != DType::kF32 || rhs.dtype != DType::kF32 || lhs.shape != rhs.shape) continue;
    for (size_t i : {size_t{1}, size_t{0}}) {  // of two layers the later takes the earlier
      const Node* linear = index.producer(node.inputs[i]);
      if (!can_take_residual(index, linear, node.inputs[i])) continue;
      // The sum is the layer's only reader, so the other operand can't depend on the layer.
      graph.set_input(*linear, kLayerResidual, node.inputs[1 - i]);
      graph.replace_uses(node.outputs[0], linear->outputs[0]);
      break;
    }
  }
  return Status::ok();
}

}  // namespace octet
