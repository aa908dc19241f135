// LayerNormalization and the softmaxes.
#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/importers.h"

namespace octet {
namespace {

// `value` as a vector of the elements of `normalized`, the extents that are normalized together.
Result<ValueId> as_vector(NodeImport& node, const char* step, int input,
                          const SymbolicShape& normalized) {
  const SymbolicShape given = node.type(input).shape;
  ValueId value = node.input(input);
  if (given.size() == 1 && normalized.size() == 1 && given == normalized) return value;
  // Leading extents of 1 may be there, other extents may be broadcast.
  if (!(element_count(given) == element_count(normalized))) {
    if (given.size() > normalized.size())
      return unsupported("input " + std::to_string(input) + " is " + to_string(node.type(input)) +
                         ", expected the shape of the normalized axes, " + to_string(normalized));
    OCTET_ASSIGN_OR_RETURN(
        value, node.emit(std::string(step) + "_expanded", ExpandAttrs{normalized}, {value}));
  }
  return node.emit(step, ReshapeAttrs{{element_count(normalized)}}, {value});
}

// Outputs 1 and 2 of LayerNormalization: the mean and the reciprocal of the standard deviation,
// over `axes`.
Status finish_statistics(NodeImport& node, const std::vector<int>& axes, float epsilon) {
  if (!node.wants_output(1) && !node.wants_output(2)) return Status::ok();
  const ReduceAttrs reduce{ReduceFunction::kMean, axes, true};
  OCTET_ASSIGN_OR_RETURN(const ValueId mean, node.emit("mean", reduce, {node.input(0)}));
  if (node.wants_output(1)) node.alias(mean, 1);
  if (!node.wants_output(2)) return Status::ok();
  OCTET_ASSIGN_OR_RETURN(
      const ValueId centred,
      node.emit("centred", BinaryAttrs{BinaryFunction::kSub}, {node.input(0), mean}));
  OCTET_ASSIGN_OR_RETURN(
      const ValueId squares,
      node.emit("squares", BinaryAttrs{BinaryFunction::kMul}, {centred, centred}));
  OCTET_ASSIGN_OR_RETURN(const ValueId variance, node.emit("variance", reduce, {squares}));
  OCTET_ASSIGN_OR_RETURN(const ValueId small,
                         node.add_scalar("epsilon", node.type(0).dtype, epsilon));
  OCTET_ASSIGN_OR_RETURN(
      const ValueId shifted,
      node.emit("shifted", BinaryAttrs{BinaryFunction::kAdd}, {variance, small}));
  OCTET_ASSIGN_OR_RETURN(const ValueId deviation,
                         node.emit("deviation", UnaryAttrs{UnaryFunction::kSqrt}, {shifted}));
  return node.finish(UnaryAttrs{UnaryFunction::kReciprocal}, {deviation}, 2);
}

}  // namespace

// Several axes are normalized as one: the input is reshaped to it and back.
Status import_layer_normalization(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const int axis,
                         normalize_axis(node.int_attribute("axis", -1), node.rank(0)));
  const LayerNormAttrs norm{node.float_attribute("epsilon", 1e-5f)};
  const SymbolicShape shape = node.type(0).shape;
  const SymbolicShape outer(shape.begin(), shape.begin() + axis),
      normalized(shape.begin() + axis, shape.end());
  std::vector<ValueId> inputs = {node.input(0)};
  OCTET_ASSIGN_OR_RETURN(const ValueId gamma, as_vector(node, "gamma", 1, normalized));
  inputs.push_back(gamma);
  if (node.has_input(2)) {
    OCTET_ASSIGN_OR_RETURN(const ValueId beta, as_vector(node, "beta", 2, normalized));
    inputs.push_back(beta);
  }
  OCTET_RETURN_IF_ERROR(finish_statistics(node, axes_from(axis, node.rank(0)), norm.epsilon));
  if (normalized.size() == 1) return node.finish(norm, std::move(inputs));
  OCTET_ASSIGN_OR_RETURN(
      inputs[0], node.emit("rows", ReshapeAttrs{{element_count(outer), element_count(normalized)}},
                           {node.input(0)}));
  OCTET_ASSIGN_OR_RETURN(const ValueId result, node.emit("norm", norm, std::move(inputs)));
  return node.finish(ReshapeAttrs{shape}, {result});
}

Result<ValueId> emit_softmax(NodeImport& node, ValueId src, int64_t opset, bool log) {
  const SymbolicShape shape = node.type_of(src).shape;
  const int rank = static_cast<int>(shape.size());
  const bool flattens = opset < 13;
  OCTET_ASSIGN_OR_RETURN(const int axis,
                         normalize_axis(node.int_attribute("axis", flattens ? 1 : -1), rank));
  if (!flattens || axis + 1 == rank) return node.emit("", SoftmaxAttrs{axis, log}, {src});
  const SymbolicShape rows = {element_count({shape.begin(), shape.begin() + axis}),
                              element_count({shape.begin() + axis, shape.end()})};
  OCTET_ASSIGN_OR_RETURN(const ValueId matrix, node.emit("rows", ReshapeAttrs{rows}, {src}));
  OCTET_ASSIGN_OR_RETURN(const ValueId result,
                         node.emit("softmax", SoftmaxAttrs{1, log}, {matrix}));
  return node.emit("", ReshapeAttrs{shape}, {result});
}

Status import_softmax(NodeImport& node, bool log) {
  OCTET_ASSIGN_OR_RETURN(const ValueId result,
                         emit_softmax(node, node.input(0), node.opset(), log));
  return node.alias(result), Status::ok();
}

}  // namespace octet
