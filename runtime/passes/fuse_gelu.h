// Pass: GELU and SiLU spelled in primitives become one node.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Gelu(x):     x * 0.5 * (1 + erf(x / sqrt 2))
// GeluTanh(x): x * 0.5 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))
// Silu(x):     x * sigmoid(x)
//
// The products may be nested in any way; divisions by constants and Pow(x, 2 | 3) count as
// products, and the tanh's argument may be written sqrt(2 / pi) * x * (1 + 0.044715 * x^2).
// Formulas: ONNX Gelu; Hendrycks and Gimpel 2016.
//
// Left alone: other constants, other types than float32, operands that are broadcast.
Status fuse_gelu(Graph& graph, const PassOptions& options);

}  // namespace octet
