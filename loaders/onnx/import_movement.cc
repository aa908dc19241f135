// Ops that pass, permute, repeat or join: Identity, Transpose, Expand, Concat.
#include <algorithm>
#include <numeric>

#include "loaders/onnx/constant_values.h"
#include "loaders/onnx/importers.h"
#include "runtime/ops/infer.h"

namespace octet {

Status import_identity(NodeImport& node) { return node.alias(node.input(0)), Status::ok(); }

Status import_transpose(NodeImport& node) {
  const int rank = node.rank(0);
  std::vector<int> permutation(static_cast<size_t>(rank));
  if (const auto given = node.ints_attribute("perm")) {
    if (given->size() != permutation.size())
      return invalid_model("attribute \"perm\" has " + std::to_string(given->size()) +
                           " axes, but the input is " + to_string(node.type(0)));
    std::vector<bool> seen(permutation.size());
    for (size_t i = 0; i < permutation.size(); ++i) {
      OCTET_ASSIGN_OR_RETURN(permutation[i], normalize_axis((*given)[i], rank));
      const auto axis = static_cast<size_t>(permutation[i]);
      if (seen[axis])
        return invalid_model("attribute \"perm\" lists axis " + std::to_string(axis) + " twice");
      seen[axis] = true;
    }
  } else {
    std::iota(permutation.rbegin(), permutation.rend(), 0);
  }
  return node.finish(TransposeAttrs{std::move(permutation)}, {node.input(0)});
}

// The result is the broadcast of both shapes: an input extent may be larger than the wanted one, if
// that is 1.
Status import_expand(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(SymbolicShape shape, node.dims(1));
  SymbolicShape source = node.type(0).shape;
  OCTET_RETURN_IF_ERROR(check_shape(shape, node.limits()));
  const size_t rank = std::max(shape.size(), source.size());
  shape.insert(shape.begin(), rank - shape.size(), Dim(1));
  source.insert(source.begin(), rank - source.size(), Dim(1));
  const auto added = static_cast<int>(rank) - node.rank(0);
  std::vector<Check> checks;
  for (size_t axis = 0; axis < rank; ++axis) {
    OCTET_RETURN_IF_ERROR(require({.kind = Check::Kind::kBroadcast,
                                   .found = source[axis],
                                   .expected = shape[axis],
                                   .at = {0, static_cast<int>(axis) - added}},
                                  checks));
    shape[axis] = Dim::broadcast(source[axis], shape[axis]);
  }
  OCTET_RETURN_IF_ERROR(node.finish(ExpandAttrs{std::move(shape)}, {node.input(0)}));
  node.add_checks(checks);
  return Status::ok();
}

// The axis is 1 where it is absent, which opset 4 ended.
Status import_concat(NodeImport& node) {
  if (!node.has_attribute("axis") && node.opset() >= 4)
    return invalid_model("attribute \"axis\" is missing");
  OCTET_ASSIGN_OR_RETURN(const int axis,
                         normalize_axis(node.int_attribute("axis", 1), node.rank(0)));
  if (node.input_count() == 1) return node.alias(node.input(0)), Status::ok();
  for (int i = 0; i < node.input_count(); ++i)
    if (!node.has_input(i)) return invalid_model("input " + std::to_string(i) + " is missing");
  return node.finish(ConcatAttrs{axis}, node.inputs());
}

}  // namespace octet
