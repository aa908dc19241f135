// Attention as products and a softmax, for what happens to the scores between them.
#pragma once

#include "loaders/onnx/attention_parts.h"

namespace octet {

struct ScoreSteps {
  double scale = 1;
  double softcap = 0;       // a score s becomes softcap * tanh(s / softcap); 0: it stays
  ValueId sink = kNoValue;  // the logit of one more key, which has no value: [B, H, Sq, 1]
};

// What is made on the way. All but the result are [B, H, Sq, Sk].
struct ScoreValues {
  ValueId products = kNoValue;  // scaled
  ValueId capped = kNoValue;
  ValueId masked = kNoValue;
  ValueId weights = kNoValue;
  ValueId result = kNoValue;  // [B, H, Sq, Dv]
};

// Operands of one type, f32 or f64, whose heads expect_shared_heads() took. A query whose keys the
// mask excludes all, each by -inf, gets weights of 0.
Result<ScoreValues> emit_attention_steps(NodeImport& node, const HeadOperands& heads,
                                         const ScoreSteps& steps);

}  // namespace octet
