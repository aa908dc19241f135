// The mask of ONNX Attention: what its inputs and attributes let each query see.
#pragma once

#include "loaders/onnx/node_import.h"

namespace octet {

// What the scores of a node are over.
struct ScoreExtents {
  Dim batch, queries, keys;
  Dim past = 0;  // keys of a cache in front of this step's
};

// Additive mask of `dtype` that broadcasts to [B, H, queries, keys], -inf for keys that are
// excluded: by a bool attn_mask (3), causality, a window, or nonpad_kv_seqlen (6), the number of
// keys of each sequence. A query is at position past + i, or, with nonpad_kv_seqlen, among the last
// of those. What a float attn_mask holds is added. kNoValue where every query sees every key.
Result<ValueId> import_window_mask(NodeImport& node, const ScoreExtents& extents, DType dtype);

}  // namespace octet
