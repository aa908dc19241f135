// Ops that become Reshape: Reshape, Flatten, Squeeze, Unsqueeze.
#include <algorithm>

#include "loaders/onnx/importers.h"

namespace octet {
namespace {

Status finish_reshape(NodeImport& node, SymbolicShape shape) {
  OCTET_RETURN_IF_ERROR(check_shape(shape, node.limits()));
  return node.finish(ReshapeAttrs{std::move(shape)}, {node.input(0)});
}

}  // namespace

// 0 copies the input's extent unless allowzero; one -1 takes what is left.
Status import_reshape(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(SymbolicShape shape, node.dims(1));
  const bool allow_zero = node.flag_attribute("allowzero", false);
  const SymbolicShape source = node.type(0).shape;
  std::optional<size_t> rest;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (!shape[axis].is_constant()) continue;
    const int64_t extent = shape[axis].value();
    if (extent == 0 && !allow_zero) {
      if (axis >= source.size())
        return invalid_model("extent " + std::to_string(axis) +
                             " of the new shape is 0, which copies the input's, but "
                             "the input is " +
                             to_string(node.type(0)));
      shape[axis] = source[axis];
    } else if (extent == -1) {
      if (rest) return invalid_model("the new shape " + to_string(shape) + " has more than one -1");
      rest = axis;
    } else if (extent < 0) {
      return invalid_model("the new shape " + to_string(shape) + " has an extent below -1");
    }
  }
  if (rest) {
    shape[*rest] = 1;
    OCTET_RETURN_IF_ERROR(check_shape(shape, node.limits()));
    const Dim known = element_count(shape);
    if (known == Dim(0)) return invalid_model("the new shape has a -1 beside a 0");
    shape[*rest] = Dim::floor_div(element_count(source), known);
  }
  return finish_reshape(node, std::move(shape));
}

Status import_flatten(NodeImport& node) {
  const SymbolicShape source = node.type(0).shape;
  const auto rank = static_cast<int64_t>(source.size());
  const int64_t axis = node.int_attribute("axis", 1);
  if (axis < -rank || axis > rank)
    return invalid_model("attribute \"axis\" is " + std::to_string(axis) +
                         " for an input of rank " + std::to_string(rank));
  const int64_t split = axis < 0 ? axis + rank : axis;
  return finish_reshape(node, {element_count({source.begin(), source.begin() + split}),
                               element_count({source.begin() + split, source.end()})});
}

// Axes are an attribute below opset 13, an input from it on; without them all extents of 1 go.
Status import_squeeze(NodeImport& node) {
  const SymbolicShape source = node.type(0).shape;
  OCTET_ASSIGN_OR_RETURN(const auto given, node.ints("axes", 1, 13));
  std::vector<int> axes;
  if (given) {
    OCTET_ASSIGN_OR_RETURN(axes, normalize_axes(*given, node.rank(0)));
  } else {
    for (int axis = 0; axis < node.rank(0); ++axis)
      if (source[static_cast<size_t>(axis)] == Dim(1)) axes.push_back(axis);
  }
  SymbolicShape shape;
  for (int axis = 0; axis < node.rank(0); ++axis) {
    const Dim& extent = source[static_cast<size_t>(axis)];
    if (std::find(axes.begin(), axes.end(), axis) == axes.end())
      shape.push_back(extent);
    else if (!extent.is_constant())
      return unsupported("axis " + std::to_string(axis) + " of " + to_string(node.type(0)) +
                         " is not known to be 1, so it cannot be squeezed");
    else if (extent.value() != 1)
      return invalid_model("axis " + std::to_string(axis) + " of " + to_string(node.type(0)) +
                           " is not 1");
  }
  return finish_reshape(node, std::move(shape));
}

Status import_unsqueeze(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const auto given, node.ints("axes", 1, 13));
  if (!given) return invalid_model("axes are missing");
  const SymbolicShape source = node.type(0).shape;
  const size_t rank = source.size() + given->size();
  if (rank > static_cast<size_t>(node.limits().max_rank))
    return unsupported("the result has " + std::to_string(rank) + " dimensions, at most " +
                       std::to_string(node.limits().max_rank) + " are supported");
  OCTET_ASSIGN_OR_RETURN(const std::vector<int> axes,
                         normalize_axes(*given, static_cast<int>(rank)));
  SymbolicShape shape = source;
  for (int axis : axes) shape.insert(shape.begin() + axis, Dim(1));
  return finish_reshape(node, std::move(shape));
}

}  // namespace octet
