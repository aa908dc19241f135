// attn_mask, causality, windows and the lengths of sequences as one additive mask.
#include "loaders/onnx/window_mask.h"

#include <limits>

#include "loaders/onnx/attention_parts.h"
#include "loaders/onnx/emit_parts.h"

namespace octet {
namespace {

using B = BinaryFunction;

constexpr int kMask = 3, kLengths = 6;
constexpr float kExcluded = -std::numeric_limits<float>::infinity();

// The keys that a query at position p may see: from p - left to p + right; a negative bound is
// none.
struct Window {
  int64_t left, right;
};

Result<Window> window_of(NodeImport& node) {
  Window window{node.int_attribute("left_window_size", -1),
                node.int_attribute("right_window_size", -1)};
  if (node.flag_attribute("is_causal", false)) window.right = 0;
  for (int64_t size : {window.left, window.right})
    if (size < -1 || size > node.limits().max_dim)
      return invalid_model("a window size is " + std::to_string(size));
  return window;
}

// What the scores are over, and the lengths of the sequences, [B, 1, 1, 1], or kNoValue.
struct Keys {
  const ScoreExtents& extents;
  ValueId lengths = kNoValue;
};

Result<ValueId> lengths_of(NodeImport& node, const ScoreExtents& extents) {
  if (!node.has_input(kLengths)) return kNoValue;
  const TypeInfo type = node.type(kLengths);
  if (type.rank() != 1 || type.dtype != DType::kI64)
    return invalid_model("input 6, nonpad_kv_seqlen, is " + to_string(type) +
                         ", expected int64 of rank 1");
  return node.emit("lengths", ReshapeAttrs{{extents.batch, 1, 1, 1}}, {node.input(kLengths)});
}

// Positions of the queries plus `shift`, [queries, 1], or [B, 1, queries, 1] where they depend on
// the lengths.
Result<ValueId> query_column(NodeImport& node, const std::string& step, const Keys& keys,
                             int64_t shift) {
  const Dim &past = keys.extents.past, &queries = keys.extents.queries;
  const bool by_sequence = keys.lengths != kNoValue;
  const Dim first = by_sequence ? Dim(shift) - queries : past + Dim(shift);
  OCTET_ASSIGN_OR_RETURN(const ValueId rows,
                         emit_positions(node, step, DType::kI64, first, queries, true));
  if (!by_sequence) return rows;
  return emit_binary(node, step + "_in_sequence", B::kAdd, rows, keys.lengths);
}

// `keep` and `other`; `keep` may be kNoValue.
Result<ValueId> both(NodeImport& node, const std::string& step, ValueId keep, ValueId other) {
  if (keep == kNoValue) return other;
  return emit_binary(node, step, B::kAnd, keep, other);
}

// kNoValue where the window is open on both sides.
Result<ValueId> keep_window(NodeImport& node, const Keys& keys) {
  OCTET_ASSIGN_OR_RETURN(const Window window, window_of(node));
  const Dim& count = keys.extents.keys;
  ValueId keep = kNoValue;
  if (window.right >= 0) {
    OCTET_ASSIGN_OR_RETURN(const ValueId last, query_column(node, "last_key", keys, window.right));
    OCTET_ASSIGN_OR_RETURN(const ValueId key,
                           emit_positions(node, "key", DType::kI64, 0, count, false));
    OCTET_ASSIGN_OR_RETURN(keep, emit_binary(node, "not_after", B::kGreaterOrEqual, last, key));
  }
  if (window.left < 0) return keep;
  OCTET_ASSIGN_OR_RETURN(const ValueId query, query_column(node, "query", keys, 0));
  OCTET_ASSIGN_OR_RETURN(const ValueId last, emit_positions(node, "last_query", DType::kI64,
                                                            window.left, count, false));
  OCTET_ASSIGN_OR_RETURN(const ValueId not_before,
                         emit_binary(node, "not_before", B::kGreaterOrEqual, last, query));
  return both(node, "between", keep, not_before);
}

// Keys behind a sequence are padding.
Result<ValueId> keep_sequence(NodeImport& node, const Keys& keys, ValueId keep) {
  if (keys.lengths == kNoValue) return keep;
  OCTET_ASSIGN_OR_RETURN(const ValueId key, emit_positions(node, "position", DType::kI64, 0,
                                                           keys.extents.keys, false));
  OCTET_ASSIGN_OR_RETURN(const ValueId is_token,
                         emit_binary(node, "is_token", B::kLess, key, keys.lengths));
  return both(node, "token_in_window", keep, is_token);
}

// attn_mask as bool or `dtype`, as long as there are keys: from opset 24 on a shorter one excludes
// those behind it.
Result<ValueId> given_mask(NodeImport& node, const ScoreExtents& extents, DType dtype) {
  ValueId mask = node.input(kMask);
  const TypeInfo type = node.type(kMask);
  if (type.rank() > 4)
    return invalid_model("input 3, attn_mask, is " + to_string(type) + ", expected rank 4 or less");
  const bool is_bool = type.dtype == DType::kBool;
  if (!is_bool) {
    OCTET_ASSIGN_OR_RETURN(mask, emit_cast(node, "mask_cast", mask, dtype));
  }
  if (node.opset() < 24 || type.rank() == 0 || type.shape.back() == extents.keys) return mask;
  PadAttrs pad{.begins = std::vector<int64_t>(type.shape.size(), 0),
               .ends = std::vector<Dim>(type.shape.size(), 0)};
  pad.ends.back() = extents.keys - type.shape.back();
  if (pad.ends.back().is_constant() && pad.ends.back().value() < 0)
    return invalid_model("input 3, attn_mask, is " + to_string(type) + ", but there are " +
                         extents.keys.text() + " keys");
  std::vector<ValueId> inputs = {mask};
  if (!is_bool) {
    OCTET_ASSIGN_OR_RETURN(const ValueId excluded,
                           node.add_scalar("behind_mask", dtype, static_cast<double>(kExcluded)));
    inputs.push_back(excluded);
  }
  return node.emit("long_mask", std::move(pad), std::move(inputs));
}

}  // namespace

Result<ValueId> import_window_mask(NodeImport& node, const ScoreExtents& extents, DType dtype) {
  OCTET_ASSIGN_OR_RETURN(const ValueId lengths, lengths_of(node, extents));
  const Keys keys{extents, lengths};
  OCTET_ASSIGN_OR_RETURN(ValueId keep, keep_window(node, keys));
  OCTET_ASSIGN_OR_RETURN(keep, keep_sequence(node, keys, keep));
  ValueId added = kNoValue;
  if (node.has_input(kMask)) {
    OCTET_ASSIGN_OR_RETURN(added, given_mask(node, extents, dtype));
    if (node.type_of(added).dtype == DType::kBool) {
      OCTET_ASSIGN_OR_RETURN(keep, both(node, "kept", keep, added));
      added = kNoValue;
    }
  }
  if (keep == kNoValue) return added;
  OCTET_ASSIGN_OR_RETURN(const ValueId mask, additive_mask(node, "mask", keep, kExcluded, dtype));
  return join_masks(node, "masks", mask, added);
}

}  // namespace octet
