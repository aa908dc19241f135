// Pass: products with constant weights become linear layers.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Before: MatMul(src, weights [K, N]) or MatMul(src, Transpose(weights [N, K])), then
//         Add(., bias [N])
// After:  Linear(src, weights, bias)
// The bias is taken by layers that a loader has quantized as well.
//
// Weights are float32 constants of rank 2, or of more with leading extents of 1; where src has
// fewer axes than they have, a Reshape gives the product the rank that broadcasting makes it. src
// has rank >= 2. The layer is called after the MatMul; its aliases are the names of the weights and
// of the bias.
//
// Left alone: products of two computed values; a bias where the product has other readers, or of
// another extent than N.
Status fuse_linear(Graph& graph, const PassOptions& options);

}  // namespace octet
