// Finds the operands of an attention in the shapes that AttentionAttrs wants, whatever views and
// scales the exporter wrapped them in.
#pragma once

#include "runtime/passes/match.h"

namespace octet {

// q [B, H, Sq, D], k [B, H, Sk, D], v [B, H, Sk, Dv]; softmax(scale * q . k^T) . v.
struct AttentionOperands {
  ValueId q, k, v;
  float scale = 1;
};
// From the inputs of the two products, all of rank 4 or all of rank 3: q [.., Sq, D], k_transposed
// [.., D, Sk], v [.., Sk, Dv]. Scalar factors of q and k go into `scale`, also those below Reshape
// and Transpose (scaling commutes with moving, up to the rounding of the factors). A rank-3 operand
// [B * H, ..] becomes what it was reshaped from when all three were [B, H, ..], else [B * H, 1,
// ..]. Appends view nodes where the wanted value does not exist.
Result<AttentionOperands> attention_operands(Graph& graph, ValueId q, ValueId k_transposed,
                                             ValueId v);

}  // namespace octet
