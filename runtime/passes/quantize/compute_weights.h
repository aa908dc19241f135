// Pass: weights that are sums and products of constants become constants that are computed when
// they are read.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Before: MatMul(src, W + alpha * (A . B)), as LoRA adapters are exported; W, alpha, A and B are
//         constants, and so may be any f32 matrix that MatMul, sums, products, Transpose and
//         Reshape make of constants.
// After:  MatMul(src, constant), whose elements are computed each time that it is read: when the
//         layer is quantized or packed, one at a time, and nothing is kept beside the packed
//         weight.
// Comes before constant folding, which would keep every step of it, or leave it to each run. Within
// the budget of folding (fold_budget.h); what exceeds it stays as it is. Needs options.evaluate.
Status compute_weights(Graph& graph, const PassOptions& options);

}  // namespace octet
