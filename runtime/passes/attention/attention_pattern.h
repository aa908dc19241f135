// Finds the two products of an attention around its Softmax.
#pragma once

#include <optional>
#include <vector>

#include "runtime/passes/attention/attention_mask.h"
#include "runtime/passes/match.h"

namespace octet {

// softmax(scale * q . k_transposed + masks) . v, all f32, all of rank 4 or all of rank 3.
struct AttentionPattern {
  ValueId q = kNoValue;
  ValueId k_transposed = kNoValue;
  ValueId v = kNoValue;
  ValueId output = kNoValue;  // of the second product
  float scale = 1;
  std::vector<MaskPiece> masks;  // each broadcasts to the scores [B, H, Sq, Sk] (rank 3: [B * H,
                                 // Sq, Sk] or [B, H, Sq, Sk])
  SymbolicShape
      masked_shape;  // the shape of the scores where the masks are applied; empty without masks
  bool empty_rows_are_zero = false;
};

// The pattern that `softmax` belongs to. nullopt where the node is no Softmax over the last axis,
// where scores or weights are used by anything else or are graph outputs, or where something
// between the products is not understood: a scale that is not a constant scalar or comes after a
// mask, a fill that does not mask, a mask larger than the scores.
std::optional<AttentionPattern> match_attention(const Graph& graph, const GraphIndex& index,
                                                const Node& softmax);

}  // namespace octet
