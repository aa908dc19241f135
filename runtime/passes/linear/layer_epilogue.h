// A linear layer, float or quantized, as the passes see it that take what follows into it.
#pragma once

#include <string>

#include "runtime/graph/graph.h"

namespace octet {

// Of both kinds of layers: src, weights or params, bias, residual.
inline constexpr size_t kLayerBias = 2, kLayerResidual = 3;

// The epilogue of a Linear or QuantizedLinear; nullptr for any other node, and for nullptr.
const Epilogue* layer_epilogue(const Node* node);
// To change it. Precondition: it has one.
Epilogue& edit_layer_epilogue(Graph& graph, const Node& layer);
// One more name that the layer answers to. Precondition: it is a layer of one part.
void add_layer_alias(Graph& graph, const Node& layer, std::string alias);
// Whether the layer has that input, kLayerBias or kLayerResidual.
bool has_layer_input(const Node& layer, size_t input);

}  // namespace octet
