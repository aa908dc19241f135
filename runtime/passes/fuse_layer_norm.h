// Pass: layer normalization spelled in primitives becomes one node.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Before: d = x - mean(x); d / sqrt(mean(d^2) + epsilon) * gamma + beta
// After:  LayerNorm(x, gamma, beta)
//
// Means are over the last axis. d^2 may be Pow(d, 2) or d * d, with d computed once or twice; the
// root Sqrt or Pow 0.5; the division a Div, or a product with Reciprocal or Pow -0.5. Without gamma
// a constant of ones is made; beta is optional.
//
// Left alone: other axes, gamma or beta that are not constant vectors of the last extent, other
// types than float32.
Status fuse_layer_norm(Graph& graph, const PassOptions& options);

}  // namespace octet
