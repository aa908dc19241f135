// Pass: what is added behind a convolution, and the activation after it, move into its epilogue.
#include "runtime/passes/convolution/fuse_conv.h"

#include <set>

#include "runtime/passes/linear/fuse_activation.h"
#include "runtime/passes/match.h"

namespace octet {
namespace {

// Takes `user`, the only reader of `value`, the convolution's result so far.
bool take(Graph& graph, const Node& conv, ValueId value, const Node& user) {
  const Activation activation = conv.as<ConvAttrs>()->activation;
  const TypeInfo& dst = graph.value(value).type;
  if (activation != Activation::kNone || dst.dtype != DType::kF32) return false;
  if (const auto* unary = user.as<UnaryAttrs>()) {
    const Activation taken = activation_of(unary->function);
    if (taken == Activation::kNone) return false;
    graph.edit<ConvAttrs>(conv).activation = taken;
    return true;
  }
  const auto* binary = user.as<BinaryAttrs>();
  if (binary == nullptr || binary->function != BinaryFunction::kAdd) return false;
  if (conv.inputs.size() > 3 && conv.inputs[3] != kNoValue) return false;
  const ValueId residual = user.inputs[user.inputs[0] == value ? 1 : 0];
  const TypeInfo& type = graph.value(residual).type;
  if (residual == value || type.dtype != DType::kF32 || !(type.shape == dst.shape)) return false;
  // The sum is the only reader of the convolution, so the residual can't depend on it.
  graph.set_input(conv, 3, residual);
  return true;
}

}  // namespace

Status fuse_conv(Graph& graph, const PassOptions&) {
  const GraphIndex index(graph);
  std::set<const Node*> taken;
  for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); ++node) {
    if (node->as<ConvAttrs>() == nullptr) continue;
    ValueId result = node->outputs[0];
    for (const Node* user = index.single_user(result);
         user != nullptr && !taken.contains(user) && take(graph, *node, result, *user);
         user = index.single_user(result)) {
      taken.insert(user);
      result = user->outputs[0];
    }
    if (result != node->outputs[0]) graph.replace_uses(result, node->outputs[0]);
  }
  return Status::ok();
}

}  // namespace octet
