// ONNX Attention (opset 23): heads, caches and masks in terms of the IR's Attention, or of its
// steps where something is done to the scores, or wanted of them.
#include "loaders/onnx/attention_parts.h"
#include "loaders/onnx/attention_steps.h"
#include "loaders/onnx/element_type.h"
#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/importers.h"
#include "loaders/onnx/window_mask.h"

namespace octet {
namespace {

enum Input { kQuery, kKey, kValue, kMask, kPastKey, kPastValue, kLengths };
enum Output { kResult, kPresentKey, kPresentValue, kScores };

// Which of the values on the way output 3 is.
enum ScoresMode { kProducts, kCapped, kMasked, kWeights };

std::string described(NodeImport& node, int input) {
  return "input " + std::to_string(input) + " is " + to_string(node.type(input));
}

// [B, S, H * D] becomes [B, H, S, D]; a tensor of rank 4 stays.
Result<ValueId> heads_first(NodeImport& node, const std::string& step, int input,
                            const char* attribute) {
  const TypeInfo type = node.type(input);
  if (type.rank() == 4) return node.input(input);
  if (type.rank() != 3) return invalid_model(described(node, input) + ", expected rank 3 or 4");
  OCTET_ASSIGN_OR_RETURN(const int64_t heads, head_count(node, attribute));
  OCTET_ASSIGN_OR_RETURN(const ValueId split, split_heads(node, step, node.input(input), heads,
                                                          "input " + std::to_string(input)));
  return swap_heads_and_tokens(node, step, split);
}

// What a cache holds, and behind it this step's.
Result<ValueId> with_past(NodeImport& node, const std::string& step, Input past, ValueId fresh) {
  if (!node.has_input(past)) return fresh;
  if (node.rank(past) != 4) return invalid_model(described(node, past) + ", expected rank 4");
  return node.emit("present_" + step, ConcatAttrs{2}, {node.input(past), fresh});
}

Status check_inputs(NodeImport& node) {
  if (node.rank(kKey) != node.rank(kQuery) || node.rank(kValue) != node.rank(kQuery))
    return invalid_model("query, key and value have different ranks: " + described(node, kQuery) +
                         ", " + described(node, kKey) + ", " + described(node, kValue));
  for (const Input input : {kQuery, kKey, kValue})
    if (!is_floating(node.type(input).dtype))
      return invalid_model(described(node, input) + ", expected floating-point numbers");
  if (node.has_input(kPastKey) != node.has_input(kPastValue))
    return invalid_model("inputs 4 and 5, past_key and past_value, belong together");
  if (node.has_input(kPastKey) && node.has_input(kLengths))
    return invalid_model(
        "inputs 4 and 6, past_key and nonpad_kv_seqlen, exclude each other: a cache grows in the "
        "node or outside of it");
  return Status::ok();
}

// float16 and bfloat16 are computed as float32, which is as much as softmax_precision asks for
// where it is not float64.
Result<DType> computed_type(NodeImport& node) {
  DType type = DType::kF32;
  for (const Input input : {kQuery, kKey, kValue})
    if (node.type(input).dtype == DType::kF64) type = DType::kF64;
  if (!node.has_attribute("softmax_precision")) return type;
  const int64_t given = node.int_attribute("softmax_precision", 1);
  const std::optional<DType> softmax =
      dtype_of_onnx(given >= 0 && given < 100 ? static_cast<int>(given) : 0);
  if (softmax == DType::kF64) return DType::kF64;
  if (softmax == DType::kF32 || softmax == DType::kF16 || softmax == DType::kBF16) return type;
  return invalid_model("attribute \"softmax_precision\" is " + std::to_string(given) +
                       ", expected 1, 10, 11 or 16: a type of floating-point numbers");
}

Result<ScoresMode> scores_mode(NodeImport& node) {
  const int64_t mode = node.int_attribute("qk_matmul_output_mode", 0);
  if (mode >= 0 && mode <= kWeights) return static_cast<ScoresMode>(mode);
  return invalid_model("attribute \"qk_matmul_output_mode\" is " + std::to_string(mode) +
                       ", expected 0 to 3");
}

Status finish_scores(NodeImport& node, const ScoreValues& values) {
  OCTET_ASSIGN_OR_RETURN(const ScoresMode mode, scores_mode(node));
  if (!node.wants_output(kScores)) return Status::ok();
  const ValueId scores = mode == kProducts ? values.products
                         : mode == kCapped ? values.capped
                         : mode == kMasked ? values.masked
                                           : values.weights;
  OCTET_ASSIGN_OR_RETURN(const ValueId narrow,
                         emit_cast(node, "scores_output", scores, node.type(kQuery).dtype));
  return node.alias(narrow, kScores), Status::ok();
}

// `result` is [B, H, S, D], or with tokens_first [B, S, H, D].
Status finish_result(NodeImport& node, ValueId result, bool tokens_first) {
  OCTET_ASSIGN_OR_RETURN(result, emit_cast(node, "narrow", result, node.type(kQuery).dtype));
  if (node.rank(kQuery) == 4) {
    if (tokens_first) return node.finish(TransposeAttrs{{0, 2, 1, 3}}, {result});
    return node.alias(result), Status::ok();
  }
  if (!tokens_first) {
    OCTET_ASSIGN_OR_RETURN(result, swap_heads_and_tokens(node, "tokens", result));
  }
  const SymbolicShape shape = node.type_of(result).shape;
  return node.finish(ReshapeAttrs{{shape[0], shape[1], shape[2] * shape[3]}}, {result});
}

Result<float> scale_of_scores(NodeImport& node, const Dim& head_size) {
  if (node.has_attribute("scale")) return node.float_attribute("scale", 1);
  return default_scale(head_size);
}

// Query, keys and values of all heads, in the type that is computed in.
Result<HeadOperands> import_heads(NodeImport& node, DType dtype) {
  HeadOperands heads;
  OCTET_ASSIGN_OR_RETURN(heads.q, heads_first(node, "q", kQuery, "q_num_heads"));
  OCTET_ASSIGN_OR_RETURN(ValueId k, heads_first(node, "k", kKey, "kv_num_heads"));
  OCTET_ASSIGN_OR_RETURN(ValueId v, heads_first(node, "v", kValue, "kv_num_heads"));
  OCTET_ASSIGN_OR_RETURN(k, with_past(node, "k", kPastKey, k));
  OCTET_ASSIGN_OR_RETURN(v, with_past(node, "v", kPastValue, v));
  if (node.wants_output(kPresentKey)) node.alias(k, kPresentKey);
  if (node.wants_output(kPresentValue)) node.alias(v, kPresentValue);
  const SymbolicShape query = node.type_of(heads.q).shape;
  OCTET_ASSIGN_OR_RETURN(heads.q, emit_cast(node, "q_wide", heads.q, dtype));
  OCTET_ASSIGN_OR_RETURN(heads.k, emit_cast(node, "k_wide", k, dtype));
  OCTET_ASSIGN_OR_RETURN(heads.v, emit_cast(node, "v_wide", v, dtype));
  OCTET_RETURN_IF_ERROR(expect_shared_heads(node, k, v, query[1]));
  ScoreExtents extents{query[0], query[2], node.type_of(k).shape[2]};
  if (node.has_input(kPastKey)) extents.past = node.type(kPastKey).shape[2];
  OCTET_ASSIGN_OR_RETURN(heads.mask, import_window_mask(node, extents, dtype));
  return heads;
}

}  // namespace

Status import_attention(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(check_inputs(node));
  OCTET_ASSIGN_OR_RETURN(const DType dtype, computed_type(node));
  OCTET_ASSIGN_OR_RETURN(const HeadOperands heads, import_heads(node, dtype));
  OCTET_ASSIGN_OR_RETURN(const float scale, scale_of_scores(node, node.type_of(heads.q).shape[3]));
  const float softcap = node.float_attribute("softcap", 0);
  if (node.wants_output(kScores) || softcap > 0 || dtype != DType::kF32) {
    OCTET_ASSIGN_OR_RETURN(
        const ScoreValues values,
        emit_attention_steps(node, heads,
                             {static_cast<double>(scale),
                              softcap > 0 ? static_cast<double>(softcap) : 0, kNoValue}));
    OCTET_RETURN_IF_ERROR(finish_scores(node, values));
    return finish_result(node, values.result, false);
  }
  std::vector<ValueId> inputs = {heads.q, heads.k, heads.v};
  if (heads.mask != kNoValue) inputs.push_back(heads.mask);
  // "A fully-masked query row produces a zero output row."
  const AttentionAttrs attention{scale, /*empty_rows_are_zero=*/true};
  OCTET_ASSIGN_OR_RETURN(const ValueId tokens,
                         node.emit("attention", attention, std::move(inputs)));
  return finish_result(node, tokens, true);
}

}  // namespace octet
