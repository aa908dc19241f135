// Ops whose results have extents that the data decide on: a count becomes a symbol first.
#include <algorithm>

#include "loaders/onnx/importers.h"
#include "runtime/ops/non_max_suppression.h"
#include "runtime/ops/non_zero.h"
#include "runtime/ops/unique.h"

namespace octet {
namespace {

// int64[rank, count]: where src, which is not absent, is not zero.
Result<ValueId> emit_non_zero(NodeImport& node, ValueId src) {
  OCTET_ASSIGN_OR_RETURN(const ValueId counted,
                         node.emit("count", LongTailAttrs(CountNonZeroAttrs{}), {src}));
  OCTET_ASSIGN_OR_RETURN(const Dim count, node.count(counted));
  return node.emit("indices", LongTailAttrs(NonZeroAttrs{count}), {src});
}

// The first `count` of a vector, or of the rows of a matrix.
SliceAttrs first_of(const TypeInfo& type, const Dim& count) {
  SliceAttrs slice;
  for (const Dim& extent : type.shape) {
    slice.starts.push_back(0);
    slice.counts.push_back(slice.counts.empty() ? count : extent);
    slice.steps.push_back(1);
  }
  return slice;
}

// src as a vector.
Result<ValueId> flattened(NodeImport& node, ValueId src) {
  const TypeInfo type = node.type_of(src);
  if (type.rank() == 1) return src;
  return node.emit("flat", ReshapeAttrs{{element_count(type.shape)}}, {src});
}

}  // namespace

Status import_non_zero(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const ValueId indices, emit_non_zero(node, node.input(0)));
  node.alias(indices);
  return Status::ok();
}

// The slices along an axis, or without one the elements, where the condition holds.
Status import_compress(NodeImport& node) {
  if (node.type(1).dtype != DType::kBool || node.rank(1) != 1)
    return invalid_model("input 1, the condition, is " + to_string(node.type(1)) +
                         ", expected bools of rank 1");
  ValueId src = node.input(0);
  int axis = 0;
  if (node.has_attribute("axis")) {
    OCTET_ASSIGN_OR_RETURN(axis, normalize_axis(node.int_attribute("axis", 0), node.rank(0)));
  } else {
    OCTET_ASSIGN_OR_RETURN(src, flattened(node, src));
  }
  OCTET_ASSIGN_OR_RETURN(const ValueId indices, emit_non_zero(node, node.input(1)));
  const Dim count = node.type_of(indices).shape[1];
  OCTET_ASSIGN_OR_RETURN(const ValueId places,
                         node.emit("places", ReshapeAttrs{{count}}, {indices}));
  return node.finish(GatherAttrs{axis}, {src, places});
}

Status import_unique(NodeImport& node) {
  UniqueAttrs unique;
  unique.sorted = node.flag_attribute("sorted", true);
  ValueId src = node.input(0);
  if (node.has_attribute("axis")) {
    OCTET_ASSIGN_OR_RETURN(unique.axis,
                           normalize_axis(node.int_attribute("axis", 0), node.rank(0)));
  } else {
    OCTET_ASSIGN_OR_RETURN(src, flattened(node, src));
  }
  OCTET_ASSIGN_OR_RETURN(const std::vector<ValueId> found,
                         node.emit_all("unique", LongTailAttrs(unique), {src}));
  OCTET_ASSIGN_OR_RETURN(const Dim count, node.count(found[3]));
  const SliceAttrs first = first_of(node.type_of(found[0]), count);
  OCTET_ASSIGN_OR_RETURN(const ValueId indices, node.emit("first", first, {found[0]}));
  if (node.wants_output(0))
    OCTET_RETURN_IF_ERROR(node.finish(GatherAttrs{unique.axis}, {src, indices}, 0));
  if (node.wants_output(1)) node.alias(indices, 1);
  if (node.wants_output(2)) node.alias(found[1], 2);
  if (node.wants_output(3)) OCTET_RETURN_IF_ERROR(node.finish(first, {found[2]}, 3));
  return Status::ok();
}

Status import_non_max_suppression(NodeImport& node) {
  NonMaxSuppressionAttrs attrs{node.flag_attribute("center_point_box", false)};
  if (node.has_input(2) && (node.constant(2) || node.type(2).contents)) {
    OCTET_ASSIGN_OR_RETURN(const Dim most, node.dim(2));
    if (most.is_constant()) attrs.room = std::clamp<int64_t>(most.value(), 0, attrs.room);
  }
  OCTET_ASSIGN_OR_RETURN(const std::vector<ValueId> found,
                         node.emit_all("boxes", LongTailAttrs(attrs), node.inputs()));
  OCTET_ASSIGN_OR_RETURN(const Dim count, node.count(found[1]));
  return node.finish(first_of(node.type_of(found[0]), count), {found[0]});
}

}  // namespace octet
