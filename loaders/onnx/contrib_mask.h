// The masks of ONNX Runtime's Attention and MultiHeadAttention as one additive mask of the IR's.
#pragma once

#include "loaders/onnx/node_import.h"

namespace octet {

// Which inputs they are, and the extents of the scores [batch, heads, queries, keys], of which the
// last `queries` keys are the new ones.
struct ContribMask {
  int mask = -1;  // integers, by rank
                  //   1: [batch], where the keys of each sequence end; or [2 * batch], where they
                  //      end and then where they begin
                  //   2: [batch, keys], above 0 for a key to see
                  //   3: [batch, queries, keys]
                  //   4: [batch, 1, longest, longest], of which the last rows and first columns of
                  //      the keys are taken (Megatron's GPT-2)
  int bias = -1;  // floats that broadcast to the scores
  Dim batch, queries, keys;
};

// The sum of both masks and of causality (attribute "unidirectional"); kNoValue where nothing is
// masked. A masked key gets attribute "mask_filter_value", -10000; a later one the lowest float.
// Source: ONNX Runtime's docs/ContribOperators.md, "com.microsoft.Attention".
Result<ValueId> import_contrib_mask(NodeImport& node, const ContribMask& mask);

}  // namespace octet
