// Pass: scaled dot-product attention, spelled in MatMul and Softmax, becomes one Attention node.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Before: MatMul(q, k^T) -> scale, masks -> Softmax -> NaN guard -> MatMul(., v) -> Transpose [0,
// 2, 1, 3] After:  Attention(q, k, v, additive mask), token-major; a Transpose back only where
// somebody reads [B, H, Sq, Dv]. The spellings of the TorchScript and dynamo exporters (scale on
// the scores, on q, or its root on q and k; masks added or filled in; k transposed by way of rank
// 3) and the rank-3 form [B * H, S, D] are known; see attention_pattern.h for what is left alone,
// and fill_masks() for where a fill is not exactly an addend.
// An Attention that the model already had keeps its node and gets its mask simplified
// (attention_mask.h).
Status fuse_attention(Graph& graph, const PassOptions& options);

}  // namespace octet
