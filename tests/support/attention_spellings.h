// Attention as exporters spell it in MatMul and Softmax, one switch per difference; for tests of
// fuse_attention.
#pragma once

#include <limits>
#include <string>

#include "tests/support/evaluate_graph.h"
#include "tests/support/tensors.h"

namespace octet::test {

enum class ScaleSpelling { kNone, kMulScores, kDivScores, kMulQuery, kRootOnBoth, kBelowViews };
enum class KeySpelling { kMergedTranspose, kSwap, kByWayOfRank3, kPlainTranspose };
enum class MaskSpelling { kNone, kAdd, kAddWhere, kFill, kFillInverse };
enum class OutputSpelling { kTranspose, kReshapeAndTranspose, kHeadsMajor };

struct AttentionSpelling {
  std::string name;
  ScaleSpelling scale = ScaleSpelling::kMulScores;
  KeySpelling key = KeySpelling::kMergedTranspose;
  MaskSpelling mask = MaskSpelling::kNone;
  float fill = std::numeric_limits<float>::lowest();
  bool guard = false;  // Where(IsNaN(weights), 0, weights)
  bool rank3 = false;  // products over [B * H, S, D]
  OutputSpelling output = OutputSpelling::kTranspose;
};

// Extents of the test graphs: Sq != Sk, D != Dv, so that no mix-up fits.
struct AttentionExtents {
  int64_t batch = 2, heads = 3, queries = 4, keys = 5, depth = 8, value_depth = 6;
};
inline constexpr float kTestScale = 0.35f;

// Inputs: query [B, Sq, H * D], key [B, Sk, H * D], value [B, Sk, H * Dv], mask: f32 [B, 1, 1, Sk]
// for kAdd, bool [B, 1, Sq, Sk] for the others. Output: [B, Sq, H * Dv], or [B, H, Sq, Dv] for
// kHeadsMajor.
Graph spelled_attention(const AttentionSpelling& spelling);

}  // namespace octet::test
