// What the importers of attention ops share: heads, positions and masks.
#include "loaders/onnx/attention_parts.h"

#include <cmath>

#include "loaders/onnx/emit_parts.h"

namespace octet {

Result<ValueId> split_heads(NodeImport& node, const std::string& step, ValueId value, int64_t heads,
                            const std::string& what) {
  const SymbolicShape shape = node.type_of(value).shape;
  if (shape[2].is_constant() && shape[2].value() % heads != 0)
    return invalid_model(what + " cannot be split into " + std::to_string(heads) + " heads");
  return node.emit(step + "_heads",
                   ReshapeAttrs{{shape[0], shape[1], heads, Dim::floor_div(shape[2], heads)}},
                   {value});
}

Result<ValueId> swap_heads_and_tokens(NodeImport& node, const std::string& step, ValueId value) {
  return node.emit(step, TransposeAttrs{{0, 2, 1, 3}}, {value});
}

Status expect_shared_heads(NodeImport& node, ValueId k, ValueId v, const Dim& heads) {
  for (const ValueId value : {k, v}) {
    const Dim shared = node.type_of(value).shape[1];
    if (shared == heads) continue;
    if (!heads.is_constant() || !shared.is_constant() || shared.value() == 0 ||
        heads.value() % shared.value() != 0)
      return invalid_model("the query has " + heads.text() + " heads, the " +
                           (value == k ? "key " : "value ") + shared.text());
  }
  return Status::ok();
}

Result<ValueId> repeat_heads(NodeImport& node, const std::string& step, ValueId value,
                             const Dim& heads) {
  const SymbolicShape shape = node.type_of(value).shape;
  if (shape[1] == heads) return value;
  const Dim group = Dim::floor_div(heads, shape[1]);
  OCTET_ASSIGN_OR_RETURN(
      const ValueId split,
      node.emit(step + "_groups", ReshapeAttrs{{shape[0], shape[1], 1, shape[2], shape[3]}},
                {value}));
  OCTET_ASSIGN_OR_RETURN(
      const ValueId wide,
      node.emit(step + "_repeated", ExpandAttrs{{shape[0], shape[1], group, shape[2], shape[3]}},
                {split}));
  return node.emit(step + "_all", ReshapeAttrs{{shape[0], heads, shape[2], shape[3]}}, {wide});
}

Result<ValueId> emit_positions(NodeImport& node, const std::string& step, DType dtype,
                               const Dim& shift, const Dim& count, bool as_column) {
  OCTET_ASSIGN_OR_RETURN(const ValueId row,
                         node.emit(step, RangeAttrs{dtype, shift, 1, count}, {}));
  if (!as_column) return row;
  return node.emit(step + "_column", ReshapeAttrs{{count, 1}}, {row});
}

Result<ValueId> additive_mask(NodeImport& node, const std::string& step, ValueId keep, float fill,
                              DType dtype) {
  OCTET_ASSIGN_OR_RETURN(const ValueId zero, node.add_scalar(step + "_kept", dtype, 0));
  OCTET_ASSIGN_OR_RETURN(const ValueId excluded,
                         node.add_scalar(step + "_excluded", dtype, static_cast<double>(fill)));
  return node.emit(step, WhereAttrs{}, {keep, zero, excluded});
}

Result<ValueId> join_masks(NodeImport& node, const std::string& step, ValueId mask, ValueId other) {
  if (mask == kNoValue || other == kNoValue) return mask == kNoValue ? other : mask;
  return emit_binary(node, step, BinaryFunction::kAdd, mask, other);
}

Status finish_attention(NodeImport& node, const HeadOperands& operands, AttentionAttrs attention) {
  std::vector<ValueId> inputs = {operands.q, operands.k, operands.v};
  if (operands.mask != kNoValue) inputs.push_back(operands.mask);
  OCTET_ASSIGN_OR_RETURN(const ValueId tokens,
                         node.emit("attention", attention, std::move(inputs)));
  const SymbolicShape shape = node.type_of(tokens).shape;
  return node.finish(ReshapeAttrs{{shape[0], shape[1], shape[2] * shape[3]}}, {tokens});
}

Result<float> scale_of(NodeImport& node, const Dim& head_size) {
  const float given = node.float_attribute("scale", 0);
  if (given != 0) return given;
  return default_scale(head_size);
}

Result<float> default_scale(const Dim& head_size) {
  if (!head_size.is_constant())
    return unsupported("the head size " + head_size.text() + " is not a constant");
  return static_cast<float>(1 / std::sqrt(static_cast<double>(head_size.value())));
}

Result<int64_t> head_count(NodeImport& node, const char* name) {
  const int64_t heads = node.int_attribute(name, 0);
  if (heads >= 1 && heads <= node.limits().max_dim) return heads;
  return invalid_model(std::string("attribute \"") + name + "\" is missing or not positive");
}

Status expect_floats(const NodeImport& node, std::initializer_list<int> inputs) {
  for (int i : inputs)
    if (node.has_input(i) && node.type(i).dtype != DType::kF32)
      return unsupported("input " + std::to_string(i) + " is " + to_string(node.type(i)) +
                         ", expected float32; optimize the model without a conversion to float16 "
                         "or bfloat16");
  return Status::ok();
}

}  // namespace octet
