// Pass: the activation behind a linear layer moves into its epilogue.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Before: Linear or QuantizedLinear -> Relu | Gelu | GeluTanh | Tanh | Sigmoid | Silu
// After:  the layer with that activation
//
// Left alone: a layer that has other readers, or already an activation or a residual.
Status fuse_activation(Graph& graph, const PassOptions& options);

// The activation of epilogues that is this function; kNone when there is none.
Activation activation_of(UnaryFunction function);

}  // namespace octet
