// com.microsoft.EmbedLayerNormalization: the embeddings of a BERT and their norm.
// Source: ONNX Runtime's docs/ContribOperators.md.
#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/importers.h"

namespace octet {
namespace {

using B = BinaryFunction;
enum Input {
  kWordIds,
  kSegmentIds,
  kWordTable,
  kPositionTable,
  kSegmentTable,
  kGamma,
  kBeta,
  kMask,
  kPositionIds
};

// [1 or B, S, C]: rows 0 to S - 1, or those that the ids name.
Result<ValueId> position_embedding(NodeImport& node) {
  const SymbolicShape table = node.type(kPositionTable).shape;
  if (node.has_input(kPositionIds))
    return node.emit("position", GatherAttrs{0},
                     {node.input(kPositionTable), node.input(kPositionIds)});
  const Dim tokens = node.type(kWordIds).shape[1];
  OCTET_ASSIGN_OR_RETURN(const ValueId rows, emit_slice(node, "position_rows",
                                                        node.input(kPositionTable), 0, 0, tokens));
  return node.emit("position", ReshapeAttrs{{1, tokens, table[1]}}, {rows});
}

// Output 1: per sequence, how many elements of the mask are 1; zeros without a mask.
Status finish_mask_index(NodeImport& node) {
  if (!node.wants_output(1)) return Status::ok();
  if (!node.has_input(kMask)) {
    OCTET_ASSIGN_OR_RETURN(const ValueId zero, node.add_scalar("no_mask", DType::kI32, 0));
    return node.finish(ExpandAttrs{{node.type(kWordIds).shape[0]}}, {zero}, 1);
  }
  const DType dtype = node.type(kMask).dtype;
  OCTET_ASSIGN_OR_RETURN(const ValueId one, node.add_scalar("one", dtype, 1));
  OCTET_ASSIGN_OR_RETURN(const ValueId is_token,
                         emit_binary(node, "is_token", B::kEqual, node.input(kMask), one));
  OCTET_ASSIGN_OR_RETURN(const ValueId tokens,
                         node.emit("tokens", CastAttrs{DType::kI32}, {is_token}));
  return node.finish(ReduceAttrs{ReduceFunction::kSum, {1}, false}, {tokens}, 1);
}

}  // namespace

Status import_embed_layer_normalization(NodeImport& node) {
  for (int i : {kWordTable, kPositionTable, kGamma, kBeta})
    if (!node.has_input(i)) return invalid_model("input " + std::to_string(i) + " is missing");
  for (int i : {kWordIds, kWordTable, kPositionTable})
    if (node.rank(i) != 2)
      return invalid_model("input " + std::to_string(i) + " is " + to_string(node.type(i)) +
                           ", expected rank 2");
  if (node.has_input(kMask) && node.rank(kMask) != 2)
    return invalid_model("the mask is " + to_string(node.type(kMask)) + ", expected rank 2");
  if (node.has_input(kSegmentIds) != node.has_input(kSegmentTable))
    return invalid_model("inputs 1 and 4, segment_ids and segment_embedding, belong together");
  OCTET_ASSIGN_OR_RETURN(
      const ValueId words,
      node.emit("word", GatherAttrs{0}, {node.input(kWordTable), node.input(kWordIds)}));
  OCTET_ASSIGN_OR_RETURN(const ValueId positions, position_embedding(node));
  OCTET_ASSIGN_OR_RETURN(ValueId sum, emit_binary(node, "sum", B::kAdd, words, positions));
  if (node.has_input(kSegmentIds)) {
    OCTET_ASSIGN_OR_RETURN(
        const ValueId segments,
        node.emit("segment", GatherAttrs{0}, {node.input(kSegmentTable), node.input(kSegmentIds)}));
    OCTET_ASSIGN_OR_RETURN(sum, emit_binary(node, "all", B::kAdd, sum, segments));
  }
  if (node.wants_output(2)) node.alias(sum, 2);
  OCTET_RETURN_IF_ERROR(finish_mask_index(node));
  return node.finish(LayerNormAttrs{node.float_attribute("epsilon", 1e-12f)},
                     {sum, node.input(kGamma), node.input(kBeta)});
}

}  // namespace octet
