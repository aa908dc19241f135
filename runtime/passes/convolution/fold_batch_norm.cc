// Pass: a scale and a shift per channel go into the weights and the bias of the layer before them.
#include "runtime/passes/convolution/fold_batch_norm.h"

#include <algorithm>
#include <cmath>

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

// What a chain of multiplications and additions has made of a layer so far.
struct Folded {
  std::vector<double> factors;  // of the weights; empty: none yet
  std::optional<Tensor> bias;   // nullopt: as it was
  std::string bias_name;        // of the first addend, where the layer had no bias
};

bool has_bias(const Layer& layer) {
  return layer.node->inputs.size() > 2 && layer.node->inputs[2] != kNoValue;
}

// The bias so far, to be changed; where there is none, -0: what is added to it stays as it is.
Result<std::span<float>> bias_so_far(const Graph& graph, const Layer& layer, Folded& folded) {
  if (!folded.bias) {
    folded.bias = Tensor(DType::kF32, Shape{layer.channels});
    std::ranges::fill(folded.bias->elements<float>(), -0.0f);
    if (has_bias(layer)) {
      OCTET_ASSIGN_OR_RETURN(const Tensor old, graph.value(layer.node->inputs[2]).constant->load());
      const auto values = old.elements<const float>();
      std::copy(values.begin(), values.end(), folded.bias->elements<float>().begin());
    }
  }
  return folded.bias->elements<float>();
}

// False where a factor would leave the range of float, in which the model itself may stay, and for
// weights that the file keeps as codes with a scale of their own.
Result<bool> fold_scale(const Graph& graph, const Layer& layer, std::span<const float> values,
                        Folded& folded) {
  if (graph.value(layer.node->inputs[1]).constant->coded() != nullptr) return false;
  std::vector<double> factors(values.size(), 1.0);
  if (!folded.factors.empty()) factors = folded.factors;
  for (size_t i = 0; i < values.size(); ++i) {
    factors[i] *= double{values[i]};
    if (!std::isfinite(static_cast<float>(factors[i]))) return false;
  }
  folded.factors = std::move(factors);
  if (!has_bias(layer) && !folded.bias) return true;
  OCTET_ASSIGN_OR_RETURN(const std::span<float> bias, bias_so_far(graph, layer, folded));
  for (size_t i = 0; i < values.size(); ++i) bias[i] *= values[i];
  return true;
}

Status fold_shift(const Graph& graph, const Layer& layer, std::span<const float> values,
                  const std::string& name, Folded& folded) {
  if (!has_bias(layer) && !folded.bias) folded.bias_name = name;
  OCTET_ASSIGN_OR_RETURN(const std::span<float> bias, bias_so_far(graph, layer, folded));
  for (size_t i = 0; i < values.size(); ++i) bias[i] += values[i];
  return Status::ok();
}

// Folds `user`, which reads `value`, the layer's result so far; false when it is no scale or shift.
Result<bool> fold(const Graph& graph, const Layer& layer, ValueId value, const Node& user,
                  Folded& folded) {
  const auto* binary = user.as<BinaryAttrs>();
  if (binary == nullptr) return false;
  const bool scales = binary->function == BinaryFunction::kMul;
  if (!scales && binary->function != BinaryFunction::kAdd) return false;
  const ValueId operand = user.inputs[user.inputs[0] == value ? 1 : 0];
  if (!is_per_channel(graph, operand, layer, graph.value(value).type.rank())) return false;
  OCTET_ASSIGN_OR_RETURN(const Tensor tensor, graph.value(operand).constant->load());
  const auto values = tensor.elements<const float>();
  if (scales) return fold_scale(graph, layer, values, folded);
  OCTET_RETURN_IF_ERROR(fold_shift(graph, layer, values, graph.value(operand).name, folded));
  return true;
}

Status rewrite(Graph& graph, const Layer& layer, Folded folded) {
  if (!folded.factors.empty()) {
    const Value& weights = graph.value(layer.node->inputs[1]);
    const std::string name = weights.name;
    Constant scaled = weights.constant->scaled(layer.weights_axis, std::move(folded.factors));
    OCTET_ASSIGN_OR_RETURN(const ValueId made, graph.add_constant(name, std::move(scaled)));
    graph.set_input(*layer.node, 1, made);
  }
  if (!folded.bias) return Status::ok();
  const bool had_bias = has_bias(layer);
  const std::string name = had_bias ? graph.value(layer.node->inputs[2]).name : folded.bias_name;
  if (layer.node->as<LinearAttrs>() != nullptr && !had_bias)
    graph.edit<LinearAttrs>(*layer.node).layer.aliases.push_back(name);
  OCTET_ASSIGN_OR_RETURN(const ValueId bias,
                         graph.add_constant(name, Constant(std::move(*folded.bias))));
  graph.set_input(*layer.node, 2, bias);
  return Status::ok();
}

}  // namespace

Status fold_batch_norm(Graph& graph, const PassOptions&) {
  const GraphIndex index(graph);
  for (const Node& node : graph.nodes()) {
    const std::optional<Layer> layer = as_layer(graph, node);
    if (!layer) continue;
    ValueId result = node.outputs[0];
    Folded folded;
    for (const Node* user = index.single_user(result); user != nullptr;
         user = index.single_user(result)) {
      OCTET_ASSIGN_OR_RETURN(const bool taken, fold(graph, *layer, result, *user, folded));
      if (!taken) break;
      result = user->outputs[0];
    }
    if (result == node.outputs[0]) continue;
    OCTET_RETURN_IF_ERROR(rewrite(graph, *layer, std::move(folded)));
    graph.replace_uses(result, node.outputs[0]);
  }
  return Status::ok();
}

}  // namespace octet
