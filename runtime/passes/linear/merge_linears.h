// Pass: the projections of one attention become one product.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Before: QuantizedLinear "q", "k", "v" on the same codes and params, each read (through Reshape,
// Transpose, Slice) by one
//         Attention alone
// After:  one QuantizedLinear of all rows of weights, and a Slice of the last axis per old output;
// strided views at run time Codes, scales and zero points are concatenated as they are; a missing
// bias counts as zeros. Each layer stays a part with its name, aliases and rows. Left alone: layers
// with an activation or a residual, with scales that are not per channel, with a bias that is
// computed, or whose outputs something else reads (it would want contiguous rows). K and V of
// cross-attention merge too. Error: kIoError.
Status merge_linears(Graph& graph, const PassOptions& options);

}  // namespace octet
