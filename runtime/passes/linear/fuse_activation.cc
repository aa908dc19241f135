// Pass: the activation behind a linear layer moves into its epilogue.
#include "runtime/passes/linear/fuse_activation.h"

#include "runtime/passes/linear/layer_epilogue.h"
#include "runtime/passes/match.h"

namespace octet {
Activation activation_of(UnaryFunction function) {
  switch (function) {
    case UnaryFunction::kRelu:
      return Activation::kRelu;
    case UnaryFunction::kGelu:
      return Activation::kGelu;
    case UnaryFunction::kGeluTanh:
      return Activation::kGeluTanh;
    case UnaryFunction::kTanh:
      return Activation::kTanh;
    case UnaryFunction::kSigmoid:
      return Activation::kSigmoid;
    case UnaryFunction::kSilu:
      return Activation::kSilu;
    default:
      return Activation::kNone;
  }
}

Status fuse_activation(Graph& graph, const PassOptions&) {
  const GraphIndex index(graph);
  for (const Node& node : graph.nodes()) {
    const auto* unary = node.as<UnaryAttrs>();
    const Activation activation =
        unary != nullptr ? activation_of(unary->function) : Activation::kNone;
    if (activation == Activation::kNone) continue;
    const Node* linear = index.producer(node.inputs[0]);
    const Epilogue* epilogue = layer_epilogue(linear);
    if (epilogue == nullptr || !index.has_single_use(node.inputs[0])) continue;
    if (epilogue->activation != Activation::kNone || epilogue->output_type != DType::kF32 ||
        has_layer_input(*linear, kLayerResidual))
      continue;
    edit_layer_epilogue(graph, *linear).activation = activation;
    graph.replace_uses(node.outputs[0], linear->outputs[0]);
  }
  return Status::ok();
}

}  // namespace octet
