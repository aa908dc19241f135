// Scaled dot-product attention as one op.
#pragma once

#include "runtime/core/fields.h"
#include "runtime/ops/op_kind.h"
#include "runtime/ops/type_info.h"

namespace octet {

// dst[b, i, h] = sum over j of softmax_j(scale * q[b, h, i] . k[b, g, j] + mask[b, h, i, j]) v[b,
// g, j], g = h / (H / G). Inputs, of any strides: q [B, H, Sq, D], k [B, G, Sk, D], v [B, G, Sk,
// Dv], all f32 or all bf16, H a multiple of G; mask (optional, f32, additive, broadcastable to [B,
// H, Sq, Sk], right-aligned). Output: f32 [B, Sq, H, Dv], token-major, so that [B, Sq, H * Dv] is a
// view of it. A key whose weight underflows (mask of -inf, -1e4 or the lowest float) contributes an
// exact 0. A row of all -inf is NaN as ONNX Softmax gives it, or 0 with empty_rows_are_zero.
struct AttentionAttrs {
  static constexpr OpKind kKind = OpKind::kAttention;
  float scale = 1;
  bool empty_rows_are_zero = false;
};
auto fields(Is<AttentionAttrs> auto& attrs, auto&& visit) {
  return visit(identity("scale", attrs.scale),
               identity("empty_rows_are_zero", attrs.empty_rows_are_zero));
}
Result<OutputTypes> infer(const AttentionAttrs& attrs, InputTypes inputs);

}  // namespace octet
