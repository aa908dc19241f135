// com.microsoft.GroupQueryAttention: the attention of decoders, with its cache and rotary
// embedding. Source: ONNX Runtime's docs/ContribOperators.md.
#include "loaders/onnx/attention_parts.h"
#include "loaders/onnx/attention_steps.h"
#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/group_query_cache.h"
#include "loaders/onnx/importers.h"

namespace octet {
namespace {

int at(Gqa input) { return static_cast<int>(input); }

struct Heads {
  int64_t query, key;
};

// [B, S, H, D] each.
struct Projections {
  ValueId q, k, v;
};

Result<ValueId> columns(NodeImport& node, const std::string& step, const Dim& first, int64_t heads,
                        const Dim& head_size) {
  OCTET_ASSIGN_OR_RETURN(const ValueId part,
                         emit_slice(node, step + "_columns", node.input(at(Gqa::kQuery)), 2, first,
                                    Dim(heads) * head_size));
  return split_heads(node, step, part, heads, "the " + step);
}

// q, k and v of inputs of their own, or one behind the other in the columns of the query.
Result<Projections> import_projections(NodeImport& node, const Heads& heads) {
  Projections parts{};
  if (node.has_input(at(Gqa::kKey)) != node.has_input(at(Gqa::kValue)))
    return invalid_model("inputs 1 and 2, key and value, belong together");
  if (node.has_input(at(Gqa::kKey))) {
    for (const Gqa input : {Gqa::kKey, Gqa::kValue})
      if (node.rank(at(input)) != 3)
        return invalid_model("input " + std::to_string(at(input)) + " is " +
                             to_string(node.type(at(input))) + ", expected rank 3");
    OCTET_ASSIGN_OR_RETURN(parts.q,
                           split_heads(node, "query", node.input(0), heads.query, "input 0"));
    OCTET_ASSIGN_OR_RETURN(parts.k, split_heads(node, "key", node.input(1), heads.key, "input 1"));
    OCTET_ASSIGN_OR_RETURN(parts.v,
                           split_heads(node, "value", node.input(2), heads.key, "input 2"));
    return parts;
  }
  const Dim all = node.type(at(Gqa::kQuery)).shape[2];
  const int64_t count = heads.query + 2 * heads.key;
  if (all.is_constant() && all.value() % count != 0)
    return invalid_model("input 0 is " + to_string(node.type(0)) + ", expected " +
                         std::to_string(count) + " heads of q, k and v in the last axis");
  const Dim size = Dim::floor_div(all, count);
  OCTET_ASSIGN_OR_RETURN(parts.q, columns(node, "query", 0, heads.query, size));
  OCTET_ASSIGN_OR_RETURN(parts.k, columns(node, "key", Dim(heads.query) * size, heads.key, size));
  OCTET_ASSIGN_OR_RETURN(
      parts.v, columns(node, "value", Dim(heads.query + heads.key) * size, heads.key, size));
  return parts;
}

// RMS norms of each head, where there are weights for them.
Status normalize_heads(NodeImport& node, Projections& parts) {
  const float epsilon = node.float_attribute("qk_norm_epsilon", 1e-6f);
  if (node.has_input(at(Gqa::kQueryNorm))) {
    OCTET_ASSIGN_OR_RETURN(parts.q, emit_rms_norm(node, "query_norm", parts.q, {3},
                                                  node.float_attribute("q_norm_epsilon", epsilon),
                                                  node.input(at(Gqa::kQueryNorm))));
  }
  if (node.has_input(at(Gqa::kKeyNorm))) {
    OCTET_ASSIGN_OR_RETURN(parts.k, emit_rms_norm(node, "key_norm", parts.k, {3},
                                                  node.float_attribute("k_norm_epsilon", epsilon),
                                                  node.input(at(Gqa::kKeyNorm))));
  }
  return Status::ok();
}

// The rows of a cos or sin cache at the new tokens' positions, [1 or B, S, 1, R].
Result<ValueId> rotary_rows(NodeImport& node, const std::string& step, Gqa cache,
                            const TokenCounts& counts) {
  ValueId rows = node.input(at(cache));
  if (node.rank(at(cache)) != 2)
    return invalid_model("input " + std::to_string(at(cache)) + ", a cache, is " +
                         to_string(node.type(at(cache))) + ", expected rank 2");
  Dim batch = counts.batch;
  ValueId positions = node.input(at(Gqa::kPositions));
  if (positions == kNoValue && counts.past != kNoValue) {
    OCTET_ASSIGN_OR_RETURN(positions, query_positions(node, counts));
  }
  if (positions != kNoValue) {
    OCTET_ASSIGN_OR_RETURN(rows, node.emit(step + "_rows", GatherAttrs{0}, {rows, positions}));
  } else {
    batch = 1;
    OCTET_ASSIGN_OR_RETURN(rows, emit_slice(node, step + "_rows", rows, 0, 0, counts.tokens));
  }
  const Dim pairs = node.type(at(cache)).shape[1];
  return node.emit(step, ReshapeAttrs{{batch, counts.tokens, 1, pairs}}, {rows});
}

Status rotate(NodeImport& node, const TokenCounts& counts, Projections& parts) {
  if (!node.flag_attribute("do_rotary", false)) return Status::ok();
  if (!node.has_input(at(Gqa::kCos)) || !node.has_input(at(Gqa::kSin)))
    return invalid_model("attribute \"do_rotary\" is 1 without inputs 7 and 8, the caches");
  const bool interleaved = node.flag_attribute("rotary_interleaved", false);
  OCTET_ASSIGN_OR_RETURN(const ValueId cos, rotary_rows(node, "cos", Gqa::kCos, counts));
  OCTET_ASSIGN_OR_RETURN(const ValueId sin, rotary_rows(node, "sin", Gqa::kSin, counts));
  OCTET_ASSIGN_OR_RETURN(parts.q,
                         emit_rotation(node, "query_rotated", parts.q, cos, sin, interleaved));
  OCTET_ASSIGN_OR_RETURN(parts.k,
                         emit_rotation(node, "key_rotated", parts.k, cos, sin, interleaved));
  return Status::ok();
}

// The logit that takes part in each softmax without a value, [B, H, S, 1]; kNoValue: none.
Result<ValueId> sink(NodeImport& node, const HeadOperands& heads) {
  const SymbolicShape q = node.type_of(heads.q).shape;
  ValueId logit = node.input(at(Gqa::kHeadSink));
  if (logit != kNoValue) {
    OCTET_ASSIGN_OR_RETURN(logit,
                           node.emit("sink_per_head", ReshapeAttrs{{1, q[1], 1, 1}}, {logit}));
  } else if (node.flag_attribute("smooth_softmax", false)) {
    OCTET_ASSIGN_OR_RETURN(logit, node.add_scalar("smooth", DType::kF32, 0));
  } else {
    return kNoValue;
  }
  return node.emit("sink", ExpandAttrs{{q[0], q[1], q[2], 1}}, {logit});
}

Status finish_in_steps(NodeImport& node, const HeadOperands& heads, float scale, float softcap) {
  ScoreSteps steps{.scale = static_cast<double>(scale), .softcap = static_cast<double>(softcap)};
  OCTET_ASSIGN_OR_RETURN(steps.sink, sink(node, heads));
  OCTET_ASSIGN_OR_RETURN(const ScoreValues values, emit_attention_steps(node, heads, steps));
  OCTET_ASSIGN_OR_RETURN(const ValueId tokens,
                         swap_heads_and_tokens(node, "tokens", values.result));
  const SymbolicShape shape = node.type_of(tokens).shape;
  return node.finish(ReshapeAttrs{{shape[0], shape[1], shape[2] * shape[3]}}, {tokens});
}

Status check_cache(NodeImport& node) {
  if (node.has_input(at(Gqa::kPastKey)) != node.has_input(at(Gqa::kPastValue)))
    return invalid_model("inputs 3 and 4, past key and value, belong together");
  if (node.flag_attribute("sliding_window_cache", false))
    return unsupported(
        "attribute \"sliding_window_cache\" is 1; export with a cache of the whole sequence");
  for (const char* name : {"k_quant_type", "v_quant_type"})
    if (node.string_attribute(name, "NONE") != "NONE")
      return unsupported(std::string("attribute \"") + name +
                         "\": a quantized cache is not supported; export with a float32 cache");
  if (!node.has_input(at(Gqa::kPastKey))) return Status::ok();
  for (const Gqa input : {Gqa::kPastKey, Gqa::kPastValue})
    if (node.rank(at(input)) != 4)
      return invalid_model("input " + std::to_string(at(input)) + " is " +
                           to_string(node.type(at(input))) + ", expected rank 4");
  return Status::ok();
}

Status check_supported(NodeImport& node) {
  if (node.rank(at(Gqa::kQuery)) != 3)
    return invalid_model("input 0 is " + to_string(node.type(0)) + ", expected rank 3");
  for (const Gqa input : {Gqa::kTokensInCache, Gqa::kTotal})
    if (!node.has_input(at(input)))
      return invalid_model("input " + std::to_string(at(input)) + " is missing");
  if (node.int_attribute("qk_output", 0) != 0 || node.wants_output(3))
    return unsupported(
        "output 3, the scores (attribute \"qk_output\"), is not supported; export without it");
  OCTET_RETURN_IF_ERROR(check_cache(node));
  return expect_floats(node, {at(Gqa::kQuery), at(Gqa::kKey), at(Gqa::kValue), at(Gqa::kPastKey),
                              at(Gqa::kPastValue), at(Gqa::kAttentionBias), at(Gqa::kHeadSink)});
}

Result<Heads> import_heads(NodeImport& node) {
  Heads heads{};
  OCTET_ASSIGN_OR_RETURN(heads.query, head_count(node, "num_heads"));
  OCTET_ASSIGN_OR_RETURN(heads.key, head_count(node, "kv_num_heads"));
  if (heads.query % heads.key != 0)
    return invalid_model("attribute \"num_heads\" is " + std::to_string(heads.query) +
                         ", expected a multiple of \"kv_num_heads\", " + std::to_string(heads.key));
  return heads;
}

}  // namespace

Status import_group_query_attention(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(check_supported(node));
  OCTET_ASSIGN_OR_RETURN(const Heads count, import_heads(node));
  OCTET_ASSIGN_OR_RETURN(Projections parts, import_projections(node, count));
  OCTET_ASSIGN_OR_RETURN(const TokenCounts counts, count_tokens(node));
  OCTET_RETURN_IF_ERROR(normalize_heads(node, parts));
  OCTET_RETURN_IF_ERROR(rotate(node, counts, parts));
  HeadOperands heads;
  OCTET_ASSIGN_OR_RETURN(heads.q, swap_heads_and_tokens(node, "query_swapped", parts.q));
  OCTET_ASSIGN_OR_RETURN(heads.k, append_to_cache(node, "key", Gqa::kPastKey, parts.k, counts));
  OCTET_ASSIGN_OR_RETURN(heads.v, append_to_cache(node, "value", Gqa::kPastValue, parts.v, counts));
  if (node.wants_output(1)) node.alias(heads.k, 1);
  if (node.wants_output(2)) node.alias(heads.v, 2);
  // A cache with spare room is looked at as far as there are tokens.
  OCTET_ASSIGN_OR_RETURN(heads.k, emit_slice(node, "keys", heads.k, 2, 0, counts.total));
  OCTET_ASSIGN_OR_RETURN(heads.v, emit_slice(node, "values", heads.v, 2, 0, counts.total));
  OCTET_ASSIGN_OR_RETURN(heads.mask, import_gqa_mask(node, counts));
  AttentionAttrs attention;
  attention.empty_rows_are_zero = true;  // queries that are padding may see nothing
  OCTET_ASSIGN_OR_RETURN(attention.scale, scale_of(node, node.type_of(heads.q).shape[3]));
  const float softcap = node.float_attribute("softcap", 0);
  const bool has_sink =
      node.has_input(at(Gqa::kHeadSink)) || node.flag_attribute("smooth_softmax", false);
  if (softcap == 0 && !has_sink) return finish_attention(node, heads, attention);
  return finish_in_steps(node, heads, attention.scale, softcap);
}

}  // namespace octet
