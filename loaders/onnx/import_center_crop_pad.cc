// CenterCropPad: what is too long is cut around the center, what is too short gets zeros on both
// sides.
#include <numeric>

#include "loaders/onnx/formula.h"
#include "loaders/onnx/importers.h"
#include "runtime/ops/infer.h"

namespace octet {
namespace {

struct Target {
  size_t axis;
  Dim extent;
};

Result<std::vector<Target>> read_targets(NodeImport& node) {
  const int rank = node.rank(0);
  std::vector<int64_t> axes(static_cast<size_t>(rank));
  std::iota(axes.begin(), axes.end(), 0);
  if (const auto given = node.ints_attribute("axes")) axes = *given;
  OCTET_RETURN_IF_ERROR(normalize_axes(axes, rank).status());
  OCTET_ASSIGN_OR_RETURN(const std::vector<Dim> extents, node.dims(1));
  if (extents.size() != axes.size())
    return invalid_model("input 1, the shape, has " + std::to_string(extents.size()) +
                         " elements, expected one for each of " + std::to_string(axes.size()) +
                         " axes");
  std::vector<Target> targets;
  std::vector<Check> checks;
  for (size_t i = 0; i < axes.size(); ++i) {
    OCTET_ASSIGN_OR_RETURN(const int axis, normalize_axis(axes[i], rank));
    targets.push_back({static_cast<size_t>(axis), extents[i]});
    OCTET_RETURN_IF_ERROR(require({.kind = Check::Kind::kAtLeast,
                                   .found = extents[i],
                                   .expected = 0,
                                   .what = "element " + std::to_string(i) + " of the shape"},
                                  checks));
  }
  node.add_checks(checks);
  return targets;
}

}  // namespace

// Of an odd number of elements, one more is cut off or added at the end.
Status import_center_crop_pad(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const std::vector<Target> targets, read_targets(node));
  const SymbolicShape shape = node.type(0).shape;
  SymbolicShape wanted = shape;
  SliceAttrs crop{std::vector<Dim>(shape.size(), 0), shape, std::vector<int64_t>(shape.size(), 1)};
  for (const auto& [axis, extent] : targets) {
    wanted[axis] = extent;
    crop.starts[axis] = Dim::floor_div(Dim::positive(shape[axis] - extent), 2);
    crop.counts[axis] = Dim::min(shape[axis], extent);
  }
  OCTET_RETURN_IF_ERROR(check_shape(wanted, node.limits()));
  SymbolicShape done = crop.counts;
  Formula f(node);
  Operand result = done == shape ? f.input(0) : f.emit(std::move(crop), {node.input(0)});
  const Operand zero = f.scalar(node.type(0).dtype, 0.0);
  for (const auto& [axis, extent] : targets) {
    const Dim missing = Dim::positive(extent - shape[axis]);
    if (missing == Dim(0)) continue;
    const Dim before = Dim::floor_div(missing, 2);
    const auto zeros = [&](const Dim& count) {
      SymbolicShape block = done;
      block[axis] = count;
      return f.emit(ExpandAttrs{std::move(block)}, {zero.id});
    };
    std::vector<ValueId> parts;
    if (!(before == Dim(0))) parts.push_back(zeros(before).id);
    parts.push_back(result.id);
    parts.push_back(zeros(missing - before).id);
    result = f.emit(ConcatAttrs{static_cast<int>(axis)}, std::move(parts));
    done[axis] = extent;
  }
  return f.finish(result, node.type(0).dtype);
}

}  // namespace octet
