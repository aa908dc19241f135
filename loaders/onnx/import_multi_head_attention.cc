// com.microsoft.MultiHeadAttention: attention of q, k and v that were projected before, apart or
// packed. Source: ONNX Runtime's docs/ContribOperators.md.
#include "loaders/onnx/attention_parts.h"
#include "loaders/onnx/contrib_mask.h"
#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/importers.h"

namespace octet {
namespace {

enum Input {
  kQuery,
  kKey,
  kValue,
  kBias,
  kMask,
  kAttentionBias,
  kPastKey,
  kPastValue,
  kPastLength,
  kCacheIndirection
};

// [B, S, H * D] + bias [first, first + H * D) as [B, H, S, D].
Result<ValueId> split_operand(NodeImport& node, const char* step, int input, const Dim& first_bias,
                              int64_t heads) {
  ValueId value = node.input(input);
  const TypeInfo type = node.type(input);
  if (type.rank() != 3)
    return invalid_model("input " + std::to_string(input) + " is " + to_string(type) +
                         ", expected rank 3");
  if (node.has_input(kBias)) {
    OCTET_ASSIGN_OR_RETURN(const ValueId bias,
                           emit_slice(node, std::string(step) + "_bias", node.input(kBias), 0,
                                      first_bias, type.shape[2]));
    OCTET_ASSIGN_OR_RETURN(
        value, emit_binary(node, std::string(step) + "_biased", BinaryFunction::kAdd, value, bias));
  }
  OCTET_ASSIGN_OR_RETURN(const ValueId split,
                         split_heads(node, step, value, heads, "input " + std::to_string(input)));
  return swap_heads_and_tokens(node, step, split);
}

Status expect_packed(const NodeImport& node, int input, int parts, int64_t heads) {
  const TypeInfo type = node.type(input);
  if (type.rank() == 5 && type.shape[3] == Dim(parts) && type.shape[2] == Dim(heads))
    return Status::ok();
  return unsupported("input " + std::to_string(input) + " is " + to_string(type) +
                     " and the one after it is absent, expected packed [batch, sequence, " +
                     std::to_string(heads) + ", " + std::to_string(parts) +
                     ", head size]; export with q, k and v apart");
}

// The parts of [B, S, H, parts, D], each as [B, H, S, D].
Result<std::vector<ValueId>> unpack(NodeImport& node, ValueId packed) {
  const SymbolicShape shape = node.type_of(packed).shape;
  std::vector<ValueId> unpacked;
  for (int64_t i = 0; i < shape[3].value(); ++i) {
    const std::string step = "part" + std::to_string(i);
    OCTET_ASSIGN_OR_RETURN(const ValueId part, emit_slice(node, step, packed, 3, i, 1));
    OCTET_ASSIGN_OR_RETURN(
        const ValueId split,
        node.emit(step + "_heads", ReshapeAttrs{{shape[0], shape[1], shape[2], shape[4]}}, {part}));
    OCTET_ASSIGN_OR_RETURN(const ValueId swapped,
                           swap_heads_and_tokens(node, step + "_swapped", split));
    unpacked.push_back(swapped);
  }
  return unpacked;
}

// Packed q, k and v [B, S, H, 3, D] and their bias [3 * H * D], which is not.
Result<HeadOperands> unpack_qkv(NodeImport& node, int64_t heads) {
  if (node.has_input(kValue)) return invalid_model("input 2, value, is there without input 1, key");
  ValueId packed = node.input(kQuery);
  OCTET_RETURN_IF_ERROR(expect_packed(node, kQuery, 3, heads));
  if (node.has_input(kBias)) {
    const Dim head_size = node.type(kQuery).shape[4];
    OCTET_ASSIGN_OR_RETURN(
        const ValueId split,
        node.emit("bias_parts", ReshapeAttrs{{3, heads, head_size}}, {node.input(kBias)}));
    OCTET_ASSIGN_OR_RETURN(const ValueId bias,
                           node.emit("bias", TransposeAttrs{{1, 0, 2}}, {split}));
    OCTET_ASSIGN_OR_RETURN(packed, emit_binary(node, "biased", BinaryFunction::kAdd, packed, bias));
  }
  OCTET_ASSIGN_OR_RETURN(const std::vector<ValueId> parts, unpack(node, packed));
  return HeadOperands{parts[0], parts[1], parts[2]};
}

// By the ranks of key and value: [B, S, H * D] with a bias, packed [B, S, H, 2, D], or [B, H, S, D]
// of a cross-attention's cache, to which a bias is not added.
Result<HeadOperands> import_operands(NodeImport& node, int64_t count) {
  if (!node.has_input(kKey)) return unpack_qkv(node, count);
  HeadOperands heads;
  OCTET_ASSIGN_OR_RETURN(heads.q, split_operand(node, "query", kQuery, 0, count));
  const Dim hidden = node.type(kQuery).shape[2];
  if (!node.has_input(kValue)) {
    if (node.has_input(kBias))
      return unsupported("input 3, bias, together with packed k and v; export with k and v apart");
    OCTET_RETURN_IF_ERROR(expect_packed(node, kKey, 2, count));
    OCTET_ASSIGN_OR_RETURN(const std::vector<ValueId> parts, unpack(node, node.input(kKey)));
    heads.k = parts[0];
    heads.v = parts[1];
    return heads;
  }
  if (node.rank(kKey) == 4 && node.rank(kValue) == 4) {
    if (node.has_input(kPastKey))
      return invalid_model("inputs 6 and 7, the past, together with a key of rank 4");
    heads.k = node.input(kKey);
    heads.v = node.input(kValue);
    return heads;
  }
  OCTET_ASSIGN_OR_RETURN(heads.k, split_operand(node, "key", kKey, hidden, count));
  OCTET_ASSIGN_OR_RETURN(heads.v, split_operand(node, "value", kValue, Dim(2) * hidden, count));
  return heads;
}

// What was computed for earlier tokens goes before the new keys and values; outputs 1 and 2 are
// both together.
Status join_past(NodeImport& node, HeadOperands& heads) {
  if (node.has_input(kPastKey) != node.has_input(kPastValue))
    return invalid_model("inputs 6 and 7, past key and value, belong together");
  if (node.has_input(kPastKey)) {
    OCTET_ASSIGN_OR_RETURN(heads.k,
                           node.emit("all_key", ConcatAttrs{2}, {node.input(kPastKey), heads.k}));
    OCTET_ASSIGN_OR_RETURN(
        heads.v, node.emit("all_value", ConcatAttrs{2}, {node.input(kPastValue), heads.v}));
  }
  if (node.wants_output(1)) node.alias(heads.k, 1);
  if (node.wants_output(2)) node.alias(heads.v, 2);
  return Status::ok();
}

Status check_supported(NodeImport& node) {
  if (node.has_input(kPastLength) || node.has_input(kCacheIndirection))
    return unsupported(
        "inputs 8 and 9, of a past that shares its buffer with the present, are not supported; "
        "export with a present that grows by the new tokens");
  if (node.wants_output(3))
    return unsupported("output 3, the scores, is not supported; export without it");
  return expect_floats(node, {kQuery, kKey, kValue, kBias, kAttentionBias, kPastKey, kPastValue});
}

}  // namespace

Status import_multi_head_attention(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(check_supported(node));
  OCTET_ASSIGN_OR_RETURN(const int64_t count, head_count(node, "num_heads"));
  OCTET_ASSIGN_OR_RETURN(HeadOperands heads, import_operands(node, count));
  OCTET_RETURN_IF_ERROR(join_past(node, heads));
  const SymbolicShape q = node.type_of(heads.q).shape;
  OCTET_ASSIGN_OR_RETURN(heads.mask, import_contrib_mask(node, {kMask, kAttentionBias, q[0], q[2],
                                                                node.type_of(heads.k).shape[2]}));
  AttentionAttrs attention;
  OCTET_ASSIGN_OR_RETURN(attention.scale, scale_of(node, q[3]));
  return finish_attention(node, heads, attention);
}

}  // namespace octet
