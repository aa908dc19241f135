// Reads the weights of float linear layers in one orientation.
#pragma once

#include "runtime/graph/graph.h"

namespace octet {

// Whether the weights of a Linear are a constant with at least one element, so that they can be
// read and quantized.
bool has_constant_weights(const Graph& graph, const Node& linear);

// The weights of a Linear as [N, K] f32, row-major; a [K, N] constant is transposed into new
// memory. Precondition: has_constant_weights(). Error: kIoError, with the node in front.
Result<Tensor> load_weights(const Graph& graph, const Node& linear);

}  // namespace octet
