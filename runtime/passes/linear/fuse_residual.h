// Pass: the value added behind a linear layer moves into its epilogue.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Before: Add(Linear or QuantizedLinear, other) of one shape
// After:  the layer with `other` as its residual
//
// Left alone: a layer with other readers or with a residual; operands that are broadcast.
Status fuse_residual(Graph& graph, const PassOptions& options);

}  // namespace octet
