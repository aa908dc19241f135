// What the importers of attention ops share: heads, positions and masks.
#pragma once

#include "loaders/onnx/node_import.h"

namespace octet {

// [B, S, H * D] becomes [B, S, H, D]. `what` names the value in errors: "input 0".
Result<ValueId> split_heads(NodeImport& node, const std::string& step, ValueId value, int64_t heads,
                            const std::string& what);
// [B, S, H, D] and [B, H, S, D] from each other.
Result<ValueId> swap_heads_and_tokens(NodeImport& node, const std::string& step, ValueId value);
// That `heads` of the query share those of keys and values, [B, G, S, D], evenly.
Status expect_shared_heads(NodeImport& node, ValueId k, ValueId v, const Dim& heads);
// [B, G, S, D] becomes [B, H, S, D]: each head as often as heads of the query share it.
Result<ValueId> repeat_heads(NodeImport& node, const std::string& step, ValueId value,
                             const Dim& heads);

// shift, shift + 1, ...: the positions of `count` keys, or of queries as a column.
Result<ValueId> emit_positions(NodeImport& node, const std::string& step, DType dtype,
                               const Dim& shift, const Dim& count, bool as_column);
// 0 where `keep` is true, else `fill`.
Result<ValueId> additive_mask(NodeImport& node, const std::string& step, ValueId keep, float fill,
                              DType dtype = DType::kF32);
// The sum of two masks, each of which may be kNoValue.
Result<ValueId> join_masks(NodeImport& node, const std::string& step, ValueId mask, ValueId other);

// Attention without weights of its own, as the IR wants it: q [B, H, Sq, D], k [B, G, Sk, D], v
// [B, G, Sk, Dv], additive mask or kNoValue.
struct HeadOperands {
  ValueId q = kNoValue, k = kNoValue, v = kNoValue, mask = kNoValue;
};
// Gives output 0, [B, Sq, H * Dv].
Status finish_attention(NodeImport& node, const HeadOperands& operands, AttentionAttrs attention);
// 1 / sqrt(head size).
Result<float> default_scale(const Dim& head_size);
// Attribute "scale", or the default where it is absent or 0, which is what ONNX Runtime's ops take
// it for.
Result<float> scale_of(NodeImport& node, const Dim& head_size);
// Attribute `name`, 1 or more.
Result<int64_t> head_count(NodeImport& node, const char* name);
// The inputs that have to be f32, as far as they are there.
Status expect_floats(const NodeImport& node, std::initializer_list<int> inputs);

}  // namespace octet
