// Builds the additive mask of an attention from the exporters' spellings.
#pragma once

#include <map>
#include <tuple>
#include <vector>

#include "runtime/passes/match.h"

namespace octet {

// One mask on the scores: scores + addend, or where(condition == keep, scores, fill).
struct MaskPiece {
  ValueId addend = kNoValue;  // when there is one, the other members don't count
  ValueId condition = kNoValue;
  bool keep = true;
  float fill = 0;
};

// Whether adding `fill` to a score does what replacing it by `fill` does: a masked key has weight 0
// beside any other key. Exact for -inf (0 and, in rows without a key, NaN either way) and for fills
// so low that scores vanish in them
// (|score| < 1e31 for the lowest float: masked keys of a row without a key share it evenly either
// way). For -1e4 and such it is exact in rows with a key as long as scores differ by less than
// |fill| - 104 (exp(-104) is 0 in f32); rows without a key differ: they weigh by their scores
// instead of evenly.
bool fill_masks(float fill);

// Makes masks for all attentions of a graph, each different one once, so that equal layers share
// theirs. What does not change the mask is left out: Expand (Attention broadcasts), conditions that
// are always true.
class AttentionMasks {
 public:
  // The sum of the pieces as an f32 value that broadcasts to the scores; kNoValue where nothing is
  // masked. Precondition: each piece broadcasts to the scores without making them larger.
  Result<ValueId> combine(Graph& graph, const std::vector<MaskPiece>& pieces);

 private:
  Result<ValueId> additive(Graph& graph, const MaskPiece& piece);
  Result<ValueId> select(Graph& graph, ValueId condition, bool keep, float fill);
  Result<ValueId> simplified(Graph& graph, const GraphIndex& index, ValueId condition, int depth);

  std::map<std::tuple<ValueId, bool, float>, ValueId> selects_;
  std::map<ValueId, ValueId> conditions_;
  std::map<std::pair<ValueId, ValueId>, ValueId> sums_;
};

}  // namespace octet
