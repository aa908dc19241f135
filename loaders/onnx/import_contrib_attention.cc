// com.microsoft.Attention and QAttention: the projections to q, k and v as one product, and their
// attention.
// Source: ONNX Runtime's docs/ContribOperators.md.
#include "loaders/onnx/attention_parts.h"
#include "loaders/onnx/contrib_mask.h"
#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/import_codes.h"
#include "loaders/onnx/importers.h"

namespace octet {
namespace {

enum Input { kSrc, kWeights, kBias, kMask, kPast, kAttentionBias, kPastLength };

// Columns of q, k and v in the merged weights.
struct Columns {
  Dim q, k, v;
};

Result<Columns> columns_of(NodeImport& node) {
  const Dim all = node.type(kWeights).shape[1];
  const auto given = node.ints_attribute("qkv_hidden_sizes");
  if (!given || given->empty()) {
    const Dim third = Dim::floor_div(all, 3);
    if (all.is_constant() && all.value() % 3 != 0)
      return invalid_model("the weights have " + all.text() + " columns, expected a multiple of 3");
    return Columns{third, third, third};
  }
  if (given->size() != 3 || (*given)[0] != (*given)[1])
    return invalid_model("attribute \"qkv_hidden_sizes\" needs three sizes, the first two equal");
  const Columns columns{(*given)[0], (*given)[1], (*given)[2]};
  for (const int64_t size : *given)
    if (size < 1 || size > node.limits().max_dim)
      return invalid_model("attribute \"qkv_hidden_sizes\" has the size " + std::to_string(size));
  if (const Dim sum = columns.q + columns.k + columns.v; all.is_constant() && !(sum == all))
    return invalid_model("attribute \"qkv_hidden_sizes\" adds up to " + sum.text() +
                         ", but the weights have " + all.text() + " columns");
  return columns;
}

// [B, S, q + k + v columns]
Result<ValueId> project(NodeImport& node) {
  if (!is_layer_weight(node, kWeights)) {
    OCTET_ASSIGN_OR_RETURN(
        const ValueId product,
        node.emit("", MatMulAttrs{}, {node.input(kSrc), node.input(kWeights)}));
    if (!node.has_input(kBias)) return product;
    return emit_binary(node, "qkv", BinaryFunction::kAdd, product, node.input(kBias));
  }
  LinearAttrs linear = layer_of(node, kWeights, false);
  std::vector<ValueId> inputs = {node.input(kSrc), node.input(kWeights)};
  if (node.has_input(kBias)) {
    linear.layer.aliases.push_back(node.value_name(kBias));
    inputs.push_back(node.input(kBias));
  }
  return node.emit("qkv", std::move(linear), std::move(inputs));
}

// Columns [first, first + count) as [B, H, S, D].
Result<ValueId> head_part(NodeImport& node, const char* step, ValueId projected, const Dim& first,
                          const Dim& count, int64_t heads) {
  OCTET_ASSIGN_OR_RETURN(const ValueId part, emit_slice(node, std::string(step) + "_columns",
                                                        projected, 2, first, count));
  OCTET_ASSIGN_OR_RETURN(const ValueId split,
                         split_heads(node, step, part, heads, std::string("the ") + step));
  return swap_heads_and_tokens(node, step, split);
}

// past [2, B, H, P, D], keys and then values, goes before the new ones; output 1 is both again.
Status join_past(NodeImport& node, int past_input, HeadOperands& heads) {
  ValueId* const states[] = {&heads.k, &heads.v};
  std::vector<ValueId> present;
  for (int i : {0, 1}) {
    const std::string step = i == 0 ? "key" : "value";
    ValueId& state = *states[i];
    if (node.has_input(past_input)) {
      const SymbolicShape shape = node.type(past_input).shape;
      OCTET_ASSIGN_OR_RETURN(const ValueId half, emit_slice(node, "past_" + step + "_half",
                                                            node.input(past_input), 0, i, 1));
      OCTET_ASSIGN_OR_RETURN(
          const ValueId past,
          node.emit("past_" + step, ReshapeAttrs{{shape[1], shape[2], shape[3], shape[4]}},
                    {half}));
      OCTET_ASSIGN_OR_RETURN(state, node.emit("all_" + step, ConcatAttrs{2}, {past, state}));
    }
    if (!node.wants_output(1)) continue;
    SymbolicShape shape = node.type_of(state).shape;
    shape.insert(shape.begin(), Dim(1));
    OCTET_ASSIGN_OR_RETURN(const ValueId half,
                           node.emit("present_" + step, ReshapeAttrs{shape}, {state}));
    present.push_back(half);
  }
  if (!node.wants_output(1)) return Status::ok();
  return node.finish(ConcatAttrs{0}, std::move(present), 1);
}

Status check_supported(NodeImport& node) {
  if (node.flag_attribute("past_present_share_buffer", false) || node.has_input(kPastLength))
    return unsupported(
        "past and present share a buffer (attribute \"past_present_share_buffer\", input 6); "
        "export with a present that grows by the new tokens");
  if (node.flag_attribute("do_rotary", false))
    return unsupported(
        "attribute \"do_rotary\" is 1; export with rotary embedding as nodes of its own");
  if (node.rank(kSrc) != 3 || node.rank(kWeights) != 2)
    return invalid_model("the input is " + to_string(node.type(kSrc)) + " and the weights are " +
                         to_string(node.type(kWeights)) +
                         ", expected [batch, sequence, hidden] and [hidden, columns]");
  if (node.has_input(kPast) && node.rank(kPast) != 5)
    return invalid_model("input 4, past, is " + to_string(node.type(kPast)) + ", expected rank 5");
  return expect_floats(node, {kSrc, kWeights, kBias, kPast, kAttentionBias});
}

// What both ops do once q, k and v are there side by side; the inputs that differ.
Status finish_projected(NodeImport& node, ValueId qkv, int mask, int bias, int past) {
  OCTET_ASSIGN_OR_RETURN(const int64_t count, head_count(node, "num_heads"));
  OCTET_ASSIGN_OR_RETURN(const Columns columns, columns_of(node));
  HeadOperands heads;
  OCTET_ASSIGN_OR_RETURN(heads.q, head_part(node, "query", qkv, 0, columns.q, count));
  OCTET_ASSIGN_OR_RETURN(heads.k, head_part(node, "key", qkv, columns.q, columns.k, count));
  OCTET_ASSIGN_OR_RETURN(heads.v,
                         head_part(node, "value", qkv, columns.q + columns.k, columns.v, count));
  OCTET_RETURN_IF_ERROR(join_past(node, past, heads));
  const SymbolicShape q = node.type_of(heads.q).shape;
  OCTET_ASSIGN_OR_RETURN(heads.mask, import_contrib_mask(node, {mask, bias, q[0], q[2],
                                                                node.type_of(heads.k).shape[2]}));
  AttentionAttrs attention;
  OCTET_ASSIGN_OR_RETURN(attention.scale, scale_of(node, q[3]));
  return finish_attention(node, heads, attention);
}

}  // namespace

Status import_contrib_attention(NodeImport& node) {
  OCTET_RETURN_IF_ERROR(check_supported(node));
  OCTET_ASSIGN_OR_RETURN(const ValueId qkv, project(node));
  return finish_projected(node, qkv, kMask, kAttentionBias, kPast);
}

// Codes and weights with their scales and zero points; attention itself is in float.
Status import_quantized_attention(NodeImport& node) {
  constexpr int kSrcScale = 3, kWeightsScale = 4, kOwnMask = 5, kSrcZeroPoint = 6,
                kWeightsZeroPoint = 7, kOwnPast = 8;
  if (node.flag_attribute("do_rotary", false) ||
      node.flag_attribute("past_present_share_buffer", false))
    return unsupported(
        "attribute \"do_rotary\" or \"past_present_share_buffer\" is 1; expected neither");
  if (node.rank(kSrc) != 3 || node.rank(kWeights) != 2)
    return invalid_model("the input is " + to_string(node.type(kSrc)) + " and the weights are " +
                         to_string(node.type(kWeights)) +
                         ", expected [batch, sequence, hidden] and [hidden, columns]");
  if (node.has_input(kOwnPast) && node.rank(kOwnPast) != 5)
    return invalid_model("input 8, past, is " + to_string(node.type(kOwnPast)) +
                         ", expected rank 5");
  OCTET_ASSIGN_OR_RETURN(const ValueId src,
                         emit_dequantized(node, "src", {kSrc, kSrcScale, kSrcZeroPoint}));
  OCTET_ASSIGN_OR_RETURN(
      const ValueId weights,
      emit_dequantized(node, "weights", {kWeights, kWeightsScale, kWeightsZeroPoint}, 1));
  OCTET_ASSIGN_OR_RETURN(const ValueId product, node.emit("", MatMulAttrs{}, {src, weights}));
  OCTET_ASSIGN_OR_RETURN(const ValueId qkv, emit_binary(node, "qkv", BinaryFunction::kAdd, product,
                                                        node.input(kBias)));
  return finish_projected(node, qkv, kOwnMask, -1, kOwnPast);
}

}  // namespace octet
