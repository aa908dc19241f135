// The cache, the positions and the mask of com.microsoft.GroupQueryAttention.
#include "loaders/onnx/group_query_cache.h"

#include <limits>

#include "loaders/onnx/attention_parts.h"
#include "loaders/onnx/emit_parts.h"
#include "runtime/ops/infer.h"

namespace octet {
namespace {

using B = BinaryFunction;

int at(Gqa input) { return static_cast<int>(input); }

// The lengths of an input, int64[B, 1].
Result<ValueId> lengths(NodeImport& node, const std::string& step, Gqa input, const Dim& batch) {
  OCTET_ASSIGN_OR_RETURN(const ValueId wide, node.emit(step + "_int64", CastAttrs{DType::kI64},
                                                       {node.input(at(input))}));
  return node.emit(step, ReshapeAttrs{{batch, 1}}, {wide});
}

Result<ValueId> dim_value(NodeImport& node, const std::string& step, const Dim& value) {
  return node.emit(step, ShapeValuesAttrs{DType::kI64, true, {value}}, {});
}

Result<ValueId> count_past(NodeImport& node, const TokenCounts& counts) {
  if (node.has_input(at(Gqa::kQueryTokens))) {
    OCTET_ASSIGN_OR_RETURN(const ValueId valid,
                           lengths(node, "query_tokens", Gqa::kQueryTokens, counts.batch));
    return emit_binary(node, "past_tokens", B::kSub, counts.all, valid);
  }
  OCTET_ASSIGN_OR_RETURN(const ValueId fresh, dim_value(node, "new_tokens", counts.tokens));
  OCTET_ASSIGN_OR_RETURN(const ValueId before,
                         emit_binary(node, "before", B::kSub, counts.all, fresh));
  OCTET_ASSIGN_OR_RETURN(const ValueId none, node.add_scalar("none", DType::kI64, 0));
  return emit_binary(node, "past_tokens", B::kMax, before, none);
}

// Without a past the tokens of this step are all that there is.
Status expect_prompt(NodeImport& node, const Dim& tokens) {
  const Result<Dim> total = node.dim(at(Gqa::kTotal));
  if (!total.is_ok()) return Status::ok();  // computed from data; it decides on nothing
  std::vector<Check> checks;
  OCTET_RETURN_IF_ERROR(
      require({.found = *total,
               .expected = tokens,
               .what = "input 6, total_sequence_length, of a node without a past,"},
              checks));
  node.add_checks(checks);
  return Status::ok();
}

// What makes query and key positions comparable: [S, 1] without a past, else [B, 1, S, 1].
Result<ValueId> query_column(NodeImport& node, const TokenCounts& counts) {
  if (counts.past == kNoValue)
    return emit_positions(node, "query_position", DType::kI64, 0, counts.tokens, true);
  OCTET_ASSIGN_OR_RETURN(const ValueId positions, query_positions(node, counts));
  return node.emit("query_column", ReshapeAttrs{{counts.batch, 1, counts.tokens, 1}}, {positions});
}

Result<ValueId> keep_keys(NodeImport& node, const TokenCounts& counts) {
  const int64_t window = node.int_attribute("local_window_size", -1);
  OCTET_ASSIGN_OR_RETURN(const ValueId key,
                         emit_positions(node, "key_position", DType::kI64, 0, counts.total, false));
  if (!node.flag_attribute("causal", true)) {
    if (window != -1)
      return invalid_model("attribute \"local_window_size\" is " + std::to_string(window) +
                           " where \"causal\" is 0, expected -1");
    OCTET_ASSIGN_OR_RETURN(
        const ValueId end,
        node.emit("key_end", ReshapeAttrs{{counts.batch, 1, 1, 1}}, {counts.all}));
    return emit_binary(node, "is_token", B::kLess, key, end);
  }
  OCTET_ASSIGN_OR_RETURN(const ValueId query, query_column(node, counts));
  OCTET_ASSIGN_OR_RETURN(const ValueId not_after,
                         emit_binary(node, "not_after", B::kLessOrEqual, key, query));
  if (window == -1) return not_after;
  if (window < 1)
    return invalid_model("attribute \"local_window_size\" is " + std::to_string(window) +
                         ", expected 1 or more, or -1");
  OCTET_ASSIGN_OR_RETURN(const ValueId size,
                         node.add_scalar("window", DType::kI64, static_cast<double>(window)));
  OCTET_ASSIGN_OR_RETURN(const ValueId distance,
                         emit_binary(node, "distance", B::kSub, query, key));
  OCTET_ASSIGN_OR_RETURN(const ValueId near, emit_binary(node, "near", B::kLess, distance, size));
  return emit_binary(node, "in_window", B::kAnd, not_after, near);
}

}  // namespace

Result<TokenCounts> count_tokens(NodeImport& node) {
  const SymbolicShape query = node.type(at(Gqa::kQuery)).shape;
  TokenCounts counts;
  counts.batch = query[0];
  counts.tokens = counts.total = query[1];
  OCTET_ASSIGN_OR_RETURN(const ValueId last,
                         lengths(node, "last_token", Gqa::kTokensInCache, counts.batch));
  OCTET_ASSIGN_OR_RETURN(const ValueId one, node.add_scalar("one", DType::kI64, 1));
  OCTET_ASSIGN_OR_RETURN(counts.all, emit_binary(node, "all_tokens", B::kAdd, last, one));
  if (!node.has_input(at(Gqa::kPastKey))) {
    OCTET_RETURN_IF_ERROR(expect_prompt(node, counts.tokens));
    return counts;
  }
  OCTET_ASSIGN_OR_RETURN(counts.total, node.dim(at(Gqa::kTotal)));
  OCTET_ASSIGN_OR_RETURN(counts.past, count_past(node, counts));
  return counts;
}

Result<ValueId> query_positions(NodeImport& node, const TokenCounts& counts) {
  OCTET_ASSIGN_OR_RETURN(const ValueId offsets, emit_positions(node, "query_offset", DType::kI64, 0,
                                                               counts.tokens, false));
  return emit_binary(node, "query_positions", B::kAdd, offsets, counts.past);
}

// Past and new tokens lie behind one another; position j is the past's j where j < P, else the new
// ones' j - P.
Result<ValueId> append_to_cache(NodeImport& node, const std::string& step, Gqa past, ValueId tokens,
                                const TokenCounts& counts) {
  if (counts.past == kNoValue) return swap_heads_and_tokens(node, "present_" + step, tokens);
  const Dim room = node.type(at(past)).shape[2];
  const Dim extent = Dim::max(counts.total, room);
  OCTET_ASSIGN_OR_RETURN(const ValueId old,
                         swap_heads_and_tokens(node, "past_" + step, node.input(at(past))));
  OCTET_ASSIGN_OR_RETURN(const ValueId both,
                         node.emit("all_" + step, ConcatAttrs{1}, {old, tokens}));
  OCTET_ASSIGN_OR_RETURN(const ValueId position,
                         emit_positions(node, "cache_position", DType::kI64, 0, extent, false));
  OCTET_ASSIGN_OR_RETURN(const ValueId is_past,
                         emit_binary(node, "is_past", B::kLess, position, counts.past));
  OCTET_ASSIGN_OR_RETURN(const ValueId first_new, dim_value(node, "first_new", room));
  OCTET_ASSIGN_OR_RETURN(const ValueId offset,
                         emit_binary(node, "cache_offset", B::kSub, position, counts.past));
  OCTET_ASSIGN_OR_RETURN(const ValueId unbounded,
                         emit_binary(node, "unbounded", B::kAdd, offset, first_new));
  OCTET_ASSIGN_OR_RETURN(const ValueId last_new,
                         dim_value(node, "last_new", room + counts.tokens - Dim(1)));
  OCTET_ASSIGN_OR_RETURN(const ValueId place,
                         emit_binary(node, "place_of_new", B::kMin, unbounded, last_new));
  OCTET_ASSIGN_OR_RETURN(const ValueId source,
                         node.emit("source", WhereAttrs{}, {is_past, position, place}));
  OCTET_ASSIGN_OR_RETURN(
      const ValueId indices,
      node.emit("source_indices", ReshapeAttrs{{counts.batch, extent, 1}}, {source}));
  OCTET_ASSIGN_OR_RETURN(const ValueId cache,
                         node.emit("cache_" + step, GatherNDAttrs{1}, {both, indices}));
  return swap_heads_and_tokens(node, "present_" + step, cache);
}

Result<ValueId> import_gqa_mask(NodeImport& node, const TokenCounts& counts) {
  OCTET_ASSIGN_OR_RETURN(const ValueId keep, keep_keys(node, counts));
  OCTET_ASSIGN_OR_RETURN(
      const ValueId mask,
      additive_mask(node, "mask", keep, -std::numeric_limits<float>::infinity()));
  return join_masks(node, "biased_mask", mask, node.input(at(Gqa::kAttentionBias)));
}

}  // namespace octet
