// ONNX Attention (opset 23) without caches: grouped heads, masks and causality in terms of the IR's
// Attention.
#include <cmath>
#include <limits>

#include "loaders/onnx/attention_parts.h"
#include "loaders/onnx/importers.h"

namespace octet {
namespace {

constexpr float kExcluded = -std::numeric_limits<float>::infinity();

// [B, S, H * D] becomes [B, H, S, D]; a tensor of rank 4 stays.
Result<ValueId> heads_first(NodeImport& node, const std::string& step, int input,
                            const char* attribute) {
  const TypeInfo type = node.type(input);
  if (type.rank() == 4) return node.input(input);
  if (type.rank() != 3)
    return invalid_model("input " + std::to_string(input) + " is " + to_string(type) +
                         ", expected rank 3 or 4");
  OCTET_ASSIGN_OR_RETURN(const int64_t heads, head_count(node, attribute));
  OCTET_ASSIGN_OR_RETURN(const ValueId split, split_heads(node, step, node.input(input), heads,
                                                          "input " + std::to_string(input)));
  return swap_heads_and_tokens(node, step, split);
}

// The keys that query i may see, by position: from i - left to i + right; a negative bound is none.
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

// Additive [Sq, Sk]; kNoValue when the window is open on both sides.
Result<ValueId> window_mask(NodeImport& node, const Dim& queries, const Dim& keys) {
  OCTET_ASSIGN_OR_RETURN(const Window window, window_of(node));
  const BinaryAttrs not_less{BinaryFunction::kGreaterOrEqual};
  ValueId keep = kNoValue;
  if (window.right >= 0) {
    OCTET_ASSIGN_OR_RETURN(const ValueId last, emit_positions(node, "last_key", DType::kI64,
                                                              window.right, queries, true));
    OCTET_ASSIGN_OR_RETURN(const ValueId key,
                           emit_positions(node, "key", DType::kI64, 0, keys, false));
    OCTET_ASSIGN_OR_RETURN(keep, node.emit("not_after", not_less, {last, key}));
  }
  if (window.left >= 0) {
    OCTET_ASSIGN_OR_RETURN(const ValueId query,
                           emit_positions(node, "query", DType::kI64, 0, queries, true));
    OCTET_ASSIGN_OR_RETURN(const ValueId last, emit_positions(node, "last_query", DType::kI64,
                                                              window.left, keys, false));
    OCTET_ASSIGN_OR_RETURN(const ValueId not_before,
                           node.emit("not_before", not_less, {last, query}));
    if (keep == kNoValue) return additive_mask(node, "window", not_before, kExcluded);
    OCTET_ASSIGN_OR_RETURN(
        keep, node.emit("between", BinaryAttrs{BinaryFunction::kAnd}, {keep, not_before}));
  }
  return keep == kNoValue ? keep : additive_mask(node, "window", keep, kExcluded);
}

Result<ValueId> whole_mask(NodeImport& node, const Dim& queries, const Dim& keys) {
  ValueId mask = node.input(3);
  if (mask != kNoValue && node.type(3).dtype == DType::kBool) {
    OCTET_ASSIGN_OR_RETURN(mask, additive_mask(node, "mask", mask, kExcluded));
  }
  OCTET_ASSIGN_OR_RETURN(const ValueId window, window_mask(node, queries, keys));
  return join_masks(node, "masks", mask, window);
}

Status check_supported(NodeImport& node) {
  for (int i : {4, 5, 6})
    if (node.has_input(i))
      return unsupported("input " + std::to_string(i) + " (a key or value cache) is not supported");
  for (int i : {1, 2, 3})
    if (node.wants_output(i))
      return unsupported("output " + std::to_string(i) + " is not supported");
  if (node.float_attribute("softcap", 0) != 0) return unsupported("softcap is not supported");
  if (node.type(0).dtype != DType::kF32)
    return unsupported("attention of " + to_string(node.type(0)) +
                       " is not supported, only of float32");
  return Status::ok();
}

}  // namespace

Status import_attention(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(check_supported(node));
  OCTET_ASSIGN_OR_RETURN(const ValueId q, heads_first(node, "q", 0, "q_num_heads"));
  OCTET_ASSIGN_OR_RETURN(ValueId k, heads_first(node, "k", 1, "kv_num_heads"));
  OCTET_ASSIGN_OR_RETURN(ValueId v, heads_first(node, "v", 2, "kv_num_heads"));
  const SymbolicShape query = node.type_of(q).shape, key = node.type_of(k).shape;
  if (query.size() != 4 || key.size() != 4 || node.type_of(v).rank() != 4)
    return invalid_model("query, key and value have different ranks");
  OCTET_ASSIGN_OR_RETURN(k, repeat_heads(node, "k", k, query[1]));
  OCTET_ASSIGN_OR_RETURN(v, repeat_heads(node, "v", v, query[1]));
  OCTET_ASSIGN_OR_RETURN(const ValueId mask, whole_mask(node, query[2], key[2]));

  AttentionAttrs attention;
  attention.empty_rows_are_zero = true;  // "a fully-masked query row produces a zero output row"
  if (!node.has_attribute("scale") && !query[3].is_constant())
    return unsupported("the head size " + query[3].text() + " is not a constant");
  attention.scale = node.has_attribute("scale")
                        ? node.float_attribute("scale", 1)
                        : static_cast<float>(1 / std::sqrt(static_cast<double>(query[3].value())));
  std::vector<ValueId> inputs = {q, k, v};
  if (mask != kNoValue) inputs.push_back(mask);
  OCTET_ASSIGN_OR_RETURN(const ValueId tokens,
                         node.emit("attention", attention, std::move(inputs)));
  if (node.rank(0) == 4) return node.finish(TransposeAttrs{{0, 2, 1, 3}}, {tokens});
  const SymbolicShape shape = node.type_of(tokens).shape;
  return node.finish(ReshapeAttrs{{shape[0], shape[1], shape[2] * shape[3]}}, {tokens});
}

}  // namespace octet
