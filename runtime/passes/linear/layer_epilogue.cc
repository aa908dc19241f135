// Looks at either kind of layer.
#include "runtime/passes/linear/layer_epilogue.h"

namespace octet {

const Epilogue* layer_epilogue(const Node* node) {
  if (node == nullptr) return nullptr;
  if (const auto* linear = node->as<LinearAttrs>()) return &linear->epilogue;
  if (const auto* linear = node->as<QuantizedLinearAttrs>()) return &linear->epilogue;
  return nullptr;
}

Epilogue& edit_layer_epilogue(Graph& graph, const Node& layer) {
  Attributes& attributes = graph.edit_attributes(layer);
  if (auto* linear = std::get_if<LinearAttrs>(&attributes)) return linear->epilogue;
  return std::get<QuantizedLinearAttrs>(attributes).epilogue;
}

void add_layer_alias(Graph& graph, const Node& layer, std::string alias) {
  Attributes& attributes = graph.edit_attributes(layer);
  if (auto* linear = std::get_if<LinearAttrs>(&attributes))
    linear->layer.aliases.push_back(std::move(alias));
  else
    std::get<QuantizedLinearAttrs>(attributes).parts.at(0).aliases.push_back(std::move(alias));
}

bool has_layer_input(const Node& layer, size_t input) {
  return layer.inputs.size() > input && layer.inputs[input] != kNoValue;
}

}  // namespace octet
