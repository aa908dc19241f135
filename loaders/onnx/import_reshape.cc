// Ops that become Reshape: Reshape, Flatten, Squeeze, Unsqueeze.
#include <algorithm>

#include "loaders/onnx/importers.h"
#include "runtime/ops/contents.h"
#include "runtime/ops/infer.h"

namespace octet {
namespace {

Status finish_reshape(NodeImport& node, ValueId src, SymbolicShape shape) {
  OCTET_RETURN_IF_ERROR(check_shape(shape, node.limits()));
  return node.finish(ReshapeAttrs{std::move(shape)}, {src});
}

Status finish_reshape(NodeImport& node, SymbolicShape shape) {
  return finish_reshape(node, node.input(0), std::move(shape));
}

// What takes the place of a -1: as many elements as the other extents leave of `count`.
Result<Dim> rest_of(const Dim& count, const SymbolicShape& others, const Limits& limits) {
  OCTET_RETURN_IF_ERROR(check_shape(others, limits));
  const Dim known = element_count(others);
  if (known == Dim(0)) return invalid_model("the new shape has a -1 beside a 0");
  return Dim::floor_div(count, known);
}

// A new shape that is an input of the model: whether an element is 0 or -1 shows at run time.
Result<SymbolicShape> shape_of_data(const NodeImport& node, const SymbolicShape& wanted,
                                    bool allow_zero) {
  const SymbolicShape source = node.type(0).shape;
  SymbolicShape copied = wanted, others = wanted;
  std::vector<Dim> is_rest;
  for (size_t axis = 0; axis < wanted.size(); ++axis) {
    if (!allow_zero && axis < source.size())
      copied[axis] = Dim::select(Dim::equal(wanted[axis], 0), source[axis], wanted[axis]);
    is_rest.push_back(Dim::equal(wanted[axis], -1));
    others[axis] = node.named("factor", axis, Dim::select(is_rest[axis], 1, copied[axis]));
  }
  OCTET_ASSIGN_OR_RETURN(const Dim rest, rest_of(element_count(source), others, node.limits()));
  for (size_t axis = 0; axis < wanted.size(); ++axis)
    copied[axis] = node.named("extent", axis, Dim::select(is_rest[axis], rest, copied[axis]));
  return copied;
}

// The new shape is an attribute below opset 5, an input from it on.
Result<SymbolicShape> wanted_shape(NodeImport& node) {
  if (node.opset() >= 5) {
    if (!node.has_input(1)) return invalid_model("input 1, the new shape, is missing");
    return node.dims(1);
  }
  const auto given = node.ints_attribute("shape");
  if (!given) return invalid_model("attribute \"shape\" is missing");
  return SymbolicShape(given->begin(), given->end());
}

}  // namespace

// 0 copies the input's extent unless allowzero; one -1 takes what is left.
Status import_reshape(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(SymbolicShape shape, wanted_shape(node));
  const bool allow_zero = node.flag_attribute("allowzero", false);
  const SymbolicShape source = node.type(0).shape;
  if (std::any_of(shape.begin(), shape.end(), depends_on_data)) {
    OCTET_ASSIGN_OR_RETURN(shape, shape_of_data(node, shape, allow_zero));
    return finish_reshape(node, std::move(shape));
  }
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
    OCTET_ASSIGN_OR_RETURN(shape[*rest], rest_of(element_count(source), shape, node.limits()));
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

// Squeeze without axes gives a rank that depends on the extents: those that are not known to be 1
// must not turn out to be.
Status refuse_unknown_ones(NodeImport& node, const SymbolicShape& source) {
  std::vector<Check> checks;
  for (size_t axis = 0; axis < source.size(); ++axis)
    if (!source[axis].is_constant())
      OCTET_RETURN_IF_ERROR(
          require({.kind = Check::Kind::kDiffers,
                   .found = source[axis],
                   .expected = 1,
                   .what = "without axes to squeeze, axis " + std::to_string(axis) + " of input 0"},
                  checks));
  node.add_checks(checks);
  return Status::ok();
}

// Axes are an attribute below opset 13, an input from it on; without them all extents of 1 go. An
// extent that shows only at run time is expanded to 1 first, which is a check and no work.
Status import_squeeze(NodeImport& node) {
  const SymbolicShape source = node.type(0).shape;
  OCTET_ASSIGN_OR_RETURN(const auto given, node.ints("axes", 1, 13));
  std::vector<int> axes;
  if (given) {
    OCTET_ASSIGN_OR_RETURN(axes, normalize_axes(*given, node.rank(0)));
  } else {
    for (int axis = 0; axis < node.rank(0); ++axis)
      if (source[static_cast<size_t>(axis)] == Dim(1)) axes.push_back(axis);
    OCTET_RETURN_IF_ERROR(refuse_unknown_ones(node, source));
  }
  SymbolicShape shape, checked = source;
  for (int axis = 0; axis < node.rank(0); ++axis) {
    const Dim& extent = source[static_cast<size_t>(axis)];
    if (std::find(axes.begin(), axes.end(), axis) == axes.end()) {
      shape.push_back(extent);
      continue;
    }
    if (extent.is_constant() && extent.value() != 1)
      return invalid_model("axis " + std::to_string(axis) + " of " + to_string(node.type(0)) +
                           " is not 1");
    checked[static_cast<size_t>(axis)] = 1;
  }
  ValueId src = node.input(0);
  if (checked != source) {
    OCTET_ASSIGN_OR_RETURN(src, node.emit("checked", ExpandAttrs{std::move(checked)}, {src}));
  }
  return finish_reshape(node, src, std::move(shape));
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
