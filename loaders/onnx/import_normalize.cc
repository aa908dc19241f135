// LayerNormalization and the softmaxes.
#include <algorithm>

#include "loaders/onnx/emit_parts.h"
#include "loaders/onnx/importers.h"

namespace octet {

using B = BinaryFunction;

namespace {

// Whether an input broadcasts to the extents that are normalized together: it has no more axes but
// for leading ones of 1.
bool is_within(const SymbolicShape& given, const SymbolicShape& normalized) {
  for (size_t axis = 0; axis + normalized.size() < given.size(); ++axis)
    if (!(given[axis] == Dim(1))) return false;
  return true;
}

// Such an input as a vector of their elements.
Result<ValueId> as_vector(NodeImport& node, const char* step, int input,
                          const SymbolicShape& normalized) {
  const SymbolicShape given = node.type(input).shape;
  ValueId value = node.input(input);
  if (given.size() == 1 && normalized.size() == 1 && given == normalized) return value;
  const size_t extra = given.size() - std::min(given.size(), normalized.size());
  const SymbolicShape own(given.begin() + static_cast<std::ptrdiff_t>(extra), given.end());
  if (own != normalized) {  // smaller, and broadcast
    const std::string name = step;
    if (extra > 0) {
      OCTET_ASSIGN_OR_RETURN(value, node.emit(name + "_own", ReshapeAttrs{own}, {value}));
    }
    OCTET_ASSIGN_OR_RETURN(value, emit_fitting(node, name + "_expanded", value, normalized,
                                               "input " + std::to_string(input)));
    if (node.type_of(value).shape != normalized) {
      OCTET_ASSIGN_OR_RETURN(value,
                             node.emit(name + "_expanded", ExpandAttrs{normalized}, {value}));
    }
  }
  return node.emit(step, ReshapeAttrs{{element_count(normalized)}}, {value});
}

// Outputs 1 and 2 of LayerNormalization: the mean and the reciprocal of the standard deviation,
// over `axes`, in the type that stash_type names.
Status finish_statistics(NodeImport& node, const std::vector<int>& axes, float epsilon) {
  if (!node.wants_output(1) && !node.wants_output(2)) return Status::ok();
  const DType given = node.type(0).dtype;
  const DType stash = node.int_attribute("stash_type", 1) == 16 ? DType::kBF16 : DType::kF32;
  const ReduceAttrs reduce{ReduceFunction::kMean, axes, true};
  OCTET_ASSIGN_OR_RETURN(const ValueId src, emit_cast(node, "wide", node.input(0),
                                                      given == DType::kF64 ? given : DType::kF32));
  OCTET_ASSIGN_OR_RETURN(const ValueId mean, node.emit("mean", reduce, {src}));
  if (node.wants_output(1)) {
    OCTET_ASSIGN_OR_RETURN(const ValueId result, emit_cast(node, "mean_stash", mean, stash));
    node.alias(result, 1);
  }
  if (!node.wants_output(2)) return Status::ok();
  OCTET_ASSIGN_OR_RETURN(const ValueId centred, emit_binary(node, "centred", B::kSub, src, mean));
  OCTET_ASSIGN_OR_RETURN(const ValueId squares,
                         emit_binary(node, "squares", B::kMul, centred, centred));
  OCTET_ASSIGN_OR_RETURN(const ValueId variance, node.emit("variance", reduce, {squares}));
  OCTET_ASSIGN_OR_RETURN(const ValueId small,
                         node.add_scalar("epsilon", node.type_of(src).dtype, epsilon));
  OCTET_ASSIGN_OR_RETURN(const ValueId shifted,
                         emit_binary(node, "shifted", B::kAdd, variance, small));
  OCTET_ASSIGN_OR_RETURN(const ValueId deviation,
                         node.emit("deviation", UnaryAttrs{UnaryFunction::kSqrt}, {shifted}));
  OCTET_ASSIGN_OR_RETURN(
      const ValueId reciprocal,
      node.emit("reciprocal", UnaryAttrs{UnaryFunction::kReciprocal}, {deviation}));
  OCTET_ASSIGN_OR_RETURN(const ValueId result,
                         emit_cast(node, "deviation_stash", reciprocal, stash));
  return node.alias(result, 2), Status::ok();
}

// input 0 with the axes from `axis` on normalized together, times gamma [..] plus beta or kNoValue.
// Several axes are reshaped to one and back.
Result<ValueId> emit_layer_norm(NodeImport& node, int axis, const LayerNormAttrs& norm,
                                std::vector<ValueId> inputs) {
  const SymbolicShape shape = node.type(0).shape;
  const SymbolicShape outer(shape.begin(), shape.begin() + axis),
      normalized(shape.begin() + axis, shape.end());
  if (normalized.size() == 1) return node.emit("", norm, std::move(inputs));
  OCTET_ASSIGN_OR_RETURN(
      inputs[0], node.emit("rows", ReshapeAttrs{{element_count(outer), element_count(normalized)}},
                           {inputs[0]}));
  OCTET_ASSIGN_OR_RETURN(const ValueId result, node.emit("norm", norm, std::move(inputs)));
  return node.emit("", ReshapeAttrs{shape}, {result});
}

// Scale and bias that differ along other axes too come after a norm without them.
Result<ValueId> emit_wide_affine(NodeImport& node, int axis, const LayerNormAttrs& norm) {
  const TypeInfo type = node.type(0);
  const Dim count = element_count({type.shape.begin() + axis, type.shape.end()});
  OCTET_ASSIGN_OR_RETURN(const ValueId one, node.add_scalar("one", type.dtype, 1));
  OCTET_ASSIGN_OR_RETURN(const ValueId ones, node.emit("ones", ExpandAttrs{{count}}, {one}));
  OCTET_ASSIGN_OR_RETURN(ValueId value, emit_layer_norm(node, axis, norm, {node.input(0), ones}));
  for (const int input : {1, 2}) {
    if (!node.has_input(input)) continue;
    const std::string name = input == 1 ? "scale" : "shift";
    OCTET_ASSIGN_OR_RETURN(
        const ValueId operand,
        emit_fitting(node, name, node.input(input), type.shape, "input " + std::to_string(input)));
    OCTET_ASSIGN_OR_RETURN(value, emit_binary(node, name + "_applied",
                                              input == 1 ? B::kMul : B::kAdd, value, operand));
  }
  return value;
}

}  // namespace

Status import_layer_normalization(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const int axis,
                         normalize_axis(node.int_attribute("axis", -1), node.rank(0)));
  const LayerNormAttrs norm{node.float_attribute("epsilon", 1e-5f)};
  const SymbolicShape shape = node.type(0).shape;
  const SymbolicShape normalized(shape.begin() + axis, shape.end());
  bool is_affine_within = true;
  for (const int input : {1, 2})
    if (node.has_input(input)) is_affine_within &= is_within(node.type(input).shape, normalized);
  ValueId result = kNoValue;
  if (is_affine_within) {
    std::vector<ValueId> inputs = {node.input(0)};
    for (const int input : {1, 2}) {
      if (!node.has_input(input)) continue;
      OCTET_ASSIGN_OR_RETURN(const ValueId vector,
                             as_vector(node, input == 1 ? "gamma" : "beta", input, normalized));
      inputs.push_back(vector);
    }
    OCTET_RETURN_IF_ERROR(finish_statistics(node, axes_from(axis, node.rank(0)), norm.epsilon));
    OCTET_ASSIGN_OR_RETURN(result, emit_layer_norm(node, axis, norm, std::move(inputs)));
  } else {
    OCTET_RETURN_IF_ERROR(finish_statistics(node, axes_from(axis, node.rank(0)), norm.epsilon));
    OCTET_ASSIGN_OR_RETURN(result, emit_wide_affine(node, axis, norm));
  }
  return node.alias(result), Status::ok();
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
