// Pass: a scale and a shift per channel go into the weights and the bias of the layer before them.
#include "runtime/passes/fold_batch_norm.h"

#include <algorithm>

#include "runtime/passes/match.h"

namespace octet {
namespace {

// A layer whose weights and bias may be rewritten.
struct Layer {
  const Node* node;
  int channel_axis;  // of its output
  int weights_axis;  // of its weights: the output channels
  int64_t channels;
};

bool is_f32_constant(const Graph& graph, ValueId id) {
  return is_constant(graph, id) && graph.value(id).type.dtype == DType::kF32;
}

std::optional<Layer> as_layer(const Graph& graph, const Node& node) {
  std::optional<Layer> layer;
  const int rank = graph.value(node.outputs[0]).type.rank();
  if (const auto* conv = node.as<ConvAttrs>(); conv && conv->activation == Activation::kNone)
    layer = Layer{&node, 1, 0, 0};
  else if (const auto* linear = node.as<LinearAttrs>();
           linear && linear->epilogue.activation == Activation::kNone &&
           linear->epilogue.output_type == DType::kF32)
    layer = Layer{&node, rank - 1, linear->weights_transposed ? 0 : 1, 0};
  if (!layer || !is_f32_constant(graph, node.inputs[1])) return std::nullopt;
  if (node.inputs.size() > 3 && node.inputs[3] != kNoValue) return std::nullopt;
  if (node.inputs.size() > 2 && node.inputs[2] != kNoValue &&
      !is_f32_constant(graph, node.inputs[2]))
    return std::nullopt;
  layer->channels = graph.value(node.inputs[1]).constant->shape()[layer->weights_axis];
  return layer;
}

// Whether `id` has one element per channel of a tensor of `rank`, and no other extent than 1.
bool is_per_channel(const Graph& graph, ValueId id, const Layer& layer, int rank) {
  if (!is_f32_constant(graph, id)) return false;
  const Shape& shape = graph.value(id).constant->shape();
  const int axis = layer.channel_axis - (rank - shape.rank());
  return shape.rank() <= rank && axis >= 0 && shape[axis] == layer.channels &&
         shape.element_count() == layer.channels;
}

// `weights` with each output channel's part multiplied by its factor.
Tensor scaled(const Tensor& weights, int axis, std::span<const float> factors) {
  Tensor result(DType::kF32, weights.shape());
  int64_t inner = 1;
  for (int i = axis + 1; i < weights.shape().rank(); ++i) inner *= weights.shape()[i];
  const auto channels = static_cast<int64_t>(factors.size());
  const auto src = weights.elements<const float>();
  const auto dst = result.elements<float>();
  for (size_t i = 0; i < src.size(); ++i)
    dst[i] = src[i] * factors[static_cast<size_t>(static_cast<int64_t>(i) / inner % channels)];
  return result;
}

Result<ValueId> scale_input(Graph& graph, const Layer& layer, size_t input, int axis,
                            std::span<const float> factors) {
  const ValueId old = layer.node->inputs[input];
  OCTET_ASSIGN_OR_RETURN(const Tensor tensor, graph.value(old).constant->load());
  const std::string name = graph.value(old).name;
  return graph.add_constant(name, Constant(scaled(tensor, axis, factors)));
}

Status fold_scale(Graph& graph, const Layer& layer, const Tensor& factors) {
  const auto values = factors.elements<const float>();
  OCTET_ASSIGN_OR_RETURN(const ValueId weights,
                         scale_input(graph, layer, 1, layer.weights_axis, values));
  graph.set_input(*layer.node, 1, weights);
  if (layer.node->inputs.size() <= 2 || layer.node->inputs[2] == kNoValue) return Status::ok();
  OCTET_ASSIGN_OR_RETURN(const ValueId bias, scale_input(graph, layer, 2, 0, values));
  graph.set_input(*layer.node, 2, bias);
  return Status::ok();
}

Status fold_shift(Graph& graph, const Layer& layer, const Tensor& shifts,
                  const std::string& shift_name) {
  const std::vector<ValueId>& inputs = layer.node->inputs;
  Tensor bias(DType::kF32, Shape{layer.channels});
  const auto dst = bias.elements<float>();
  const auto added = shifts.elements<const float>();
  std::copy(added.begin(), added.end(), dst.begin());
  std::string name = shift_name;
  if (inputs.size() > 2 && inputs[2] != kNoValue) {
    OCTET_ASSIGN_OR_RETURN(const Tensor old, graph.value(inputs[2]).constant->load());
    name = graph.value(inputs[2]).name;
    for (size_t i = 0; i < dst.size(); ++i) dst[i] += old.elements<const float>()[i];
  } else if (layer.node->as<LinearAttrs>() != nullptr) {
    graph.edit<LinearAttrs>(*layer.node).layer.aliases.push_back(name);
  }
  OCTET_ASSIGN_OR_RETURN(const ValueId sum, graph.add_constant(name, Constant(std::move(bias))));
  graph.set_input(*layer.node, 2, sum);
  return Status::ok();
}

// Folds `user`, which reads `value`, the layer's result so far; false when it is no scale or shift.
Result<bool> fold(Graph& graph, const Layer& layer, ValueId value, const Node& user) {
  const auto* binary = user.as<BinaryAttrs>();
  if (binary == nullptr) return false;
  const bool scales = binary->function == BinaryFunction::kMul;
  if (!scales && binary->function != BinaryFunction::kAdd) return false;
  const ValueId operand = user.inputs[user.inputs[0] == value ? 1 : 0];
  if (!is_per_channel(graph, operand, layer, graph.value(value).type.rank())) return false;
  OCTET_ASSIGN_OR_RETURN(const Tensor values, graph.value(operand).constant->load());
  const std::string name = graph.value(operand).name;
  OCTET_RETURN_IF_ERROR(scales ? fold_scale(graph, layer, values)
                               : fold_shift(graph, layer, values, name));
  return true;
}

}  // namespace

Status fold_batch_norm(Graph& graph, const PassOptions&) {
  const GraphIndex index(graph);
  for (const Node& node : graph.nodes()) {
    const std::optional<Layer> layer = as_layer(graph, node);
    if (!layer) continue;
    ValueId result = node.outputs[0];
    for (const Node* user = index.single_user(result); user != nullptr;
         user = index.single_user(result)) {
      OCTET_ASSIGN_OR_RETURN(const bool folded, fold(graph, *layer, result, *user));
      if (!folded) break;
      result = user->outputs[0];
    }
    if (result != node.outputs[0]) graph.replace_uses(result, node.outputs[0]);
  }
  return Status::ok();
}

}  // namespace octet
