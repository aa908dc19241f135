// The masks of ONNX Runtime's Attention and MultiHeadAttention as one additive mask of the IR's.
#include "loaders/onnx/contrib_mask.h"

#include <limits>

#include "loaders/onnx/attention_parts.h"
#include "loaders/onnx/emit_parts.h"

namespace octet {
namespace {

using B = BinaryFunction;

// Elements [first, first + batch) of the vector, one per sequence, as [batch, 1, 1, 1].
Result<ValueId> per_sequence(NodeImport& node, const char* step, const ContribMask& mask,
                             const Dim& first, const Dim& count) {
  OCTET_ASSIGN_OR_RETURN(const ValueId part, emit_slice(node, std::string(step) + "_of_all",
                                                        node.input(mask.mask), 0, first, count));
  return node.emit(step, ReshapeAttrs{{mask.batch, 1, 1, 1}}, {part});
}

// Keys from where a sequence begins to where it ends.
Result<ValueId> keep_by_length(NodeImport& node, const ContribMask& mask) {
  const Dim extent = node.type(mask.mask).shape[0];
  const DType dtype = node.type(mask.mask).dtype;
  if (extent == Dim(3) * mask.batch + Dim(2))
    return unsupported("input " + std::to_string(mask.mask) + ", the mask, is " +
                       to_string(node.type(mask.mask)) +
                       ", lengths and running sums of packed sequences; export with a mask of "
                       "[batch, keys]");
  const bool has_start = extent == Dim(2) * mask.batch && !(extent == mask.batch);
  OCTET_ASSIGN_OR_RETURN(const ValueId key,
                         emit_positions(node, "key", dtype, 0, mask.keys, false));
  OCTET_ASSIGN_OR_RETURN(const ValueId end,
                         per_sequence(node, "key_end", mask, 0, has_start ? mask.batch : extent));
  OCTET_ASSIGN_OR_RETURN(const ValueId before_end,
                         emit_binary(node, "before_end", B::kLess, key, end));
  if (!has_start) return before_end;
  OCTET_ASSIGN_OR_RETURN(const ValueId start,
                         per_sequence(node, "key_start", mask, mask.batch, mask.batch));
  OCTET_ASSIGN_OR_RETURN(const ValueId after_start,
                         emit_binary(node, "after_start", B::kGreaterOrEqual, key, start));
  return emit_binary(node, "inside", B::kAnd, before_end, after_start);
}

// [batch, 1, 1 or queries, keys], true where the mask is above 0.
Result<ValueId> keep_by_mask(NodeImport& node, const ContribMask& mask) {
  const SymbolicShape shape = node.type(mask.mask).shape;
  ValueId value = node.input(mask.mask);
  if (shape.size() == 4) {
    OCTET_ASSIGN_OR_RETURN(
        value, emit_slice(node, "mask_rows", value, 2, mask.keys - mask.queries, mask.queries));
    OCTET_ASSIGN_OR_RETURN(value, emit_slice(node, "mask_columns", value, 3, 0, mask.keys));
  } else {
    const Dim rows = shape.size() == 3 ? shape[1] : Dim(1);
    OCTET_ASSIGN_OR_RETURN(
        value,
        node.emit("mask_per_head", ReshapeAttrs{{shape[0], 1, rows, shape.back()}}, {value}));
  }
  const DType dtype = node.type(mask.mask).dtype;
  if (dtype == DType::kBool) return value;
  OCTET_ASSIGN_OR_RETURN(const ValueId zero, node.add_scalar("masked", dtype, 0));
  return emit_binary(node, "keep", B::kGreater, value, zero);
}

Result<ValueId> padding_mask(NodeImport& node, const ContribMask& mask) {
  if (!node.has_input(mask.mask)) return kNoValue;
  const TypeInfo type = node.type(mask.mask);
  if (type.rank() < 1 || type.rank() > 4 || (!is_integer(type.dtype) && type.dtype != DType::kBool))
    return invalid_model("input " + std::to_string(mask.mask) + ", the mask, is " +
                         to_string(type) + ", expected integers of rank 1 to 4");
  OCTET_ASSIGN_OR_RETURN(const ValueId keep,
                         type.rank() == 1 ? keep_by_length(node, mask) : keep_by_mask(node, mask));
  return additive_mask(node, "padding", keep, node.float_attribute("mask_filter_value", -10000));
}

Result<ValueId> causal_mask(NodeImport& node, const ContribMask& mask) {
  if (!node.flag_attribute("unidirectional", false) || mask.queries == Dim(1)) return kNoValue;
  OCTET_ASSIGN_OR_RETURN(
      const ValueId query,
      emit_positions(node, "query", DType::kI64, mask.keys - mask.queries, mask.queries, true));
  OCTET_ASSIGN_OR_RETURN(const ValueId key,
                         emit_positions(node, "causal_key", DType::kI64, 0, mask.keys, false));
  OCTET_ASSIGN_OR_RETURN(const ValueId keep,
                         emit_binary(node, "not_after", B::kGreaterOrEqual, query, key));
  return additive_mask(node, "causal", keep, std::numeric_limits<float>::lowest());
}

}  // namespace

Result<ValueId> import_contrib_mask(NodeImport& node, const ContribMask& mask) {
  OCTET_ASSIGN_OR_RETURN(const ValueId padding, padding_mask(node, mask));
  OCTET_ASSIGN_OR_RETURN(const ValueId causal, causal_mask(node, mask));
  OCTET_ASSIGN_OR_RETURN(const ValueId both, join_masks(node, "masks", padding, causal));
  if (!node.has_input(mask.bias)) return both;
  return join_masks(node, "biased_masks", node.input(mask.bias), both);
}

}  // namespace octet
