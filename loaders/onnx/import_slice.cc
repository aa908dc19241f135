// Slice and Split: both become Slice of the IR.
#include <numeric>

#include "loaders/onnx/importers.h"
#include "loaders/onnx/slice_bounds.h"
#include "runtime/ops/infer.h"

namespace octet {
namespace {

SliceAttrs whole(const SymbolicShape& shape) {
  return {std::vector<Dim>(shape.size(), 0), shape, std::vector<int64_t>(shape.size(), 1)};
}

struct SliceBounds {
  std::vector<Dim> starts, ends;
  std::optional<std::vector<int64_t>> axes, steps;
};

// Attributes below opset 10, inputs from it on.
Result<SliceBounds> slice_bounds(NodeImport& node) {
  SliceBounds bounds;
  if (node.opset() < 10) {
    const auto starts = node.ints_attribute("starts"), ends = node.ints_attribute("ends");
    if (!starts || !ends) return invalid_model("attributes \"starts\" and \"ends\" are missing");
    bounds.starts.assign(starts->begin(), starts->end());
    bounds.ends.assign(ends->begin(), ends->end());
    bounds.axes = node.ints_attribute("axes");
    return bounds;
  }
  for (int i : {1, 2})
    if (!node.has_input(i)) return invalid_model("input " + std::to_string(i) + " is missing");
  OCTET_ASSIGN_OR_RETURN(bounds.starts, node.dims(1));
  OCTET_ASSIGN_OR_RETURN(bounds.ends, node.dims(2));
  if (node.has_input(3)) {
    OCTET_ASSIGN_OR_RETURN(bounds.axes, node.integers(3));
  }
  if (node.has_input(4)) {
    OCTET_ASSIGN_OR_RETURN(bounds.steps, node.integers(4));
  }
  return bounds;
}

}  // namespace

Status import_slice(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const SliceBounds bounds, slice_bounds(node));
  const size_t count = bounds.starts.size();
  std::vector<int64_t> axes(count);
  std::iota(axes.begin(), axes.end(), 0);
  if (bounds.axes) axes = *bounds.axes;
  if (bounds.ends.size() != count || axes.size() != count ||
      (bounds.steps && bounds.steps->size() != count))
    return invalid_model("starts, ends, axes and steps have different lengths");
  OCTET_RETURN_IF_ERROR(normalize_axes(axes, node.rank(0)).status());
  SliceAttrs slice = whole(node.type(0).shape);
  for (size_t i = 0; i < count; ++i) {
    OCTET_ASSIGN_OR_RETURN(const int index, normalize_axis(axes[i], node.rank(0)));
    const auto axis = static_cast<size_t>(index);
    const int64_t step = bounds.steps ? (*bounds.steps)[i] : 1;
    OCTET_ASSIGN_OR_RETURN(const SliceRange range, slice_range(bounds.starts[i], bounds.ends[i],
                                                               step, node.type(0).shape[axis]));
    // Slices of slices would grow with each.
    constexpr size_t kLongest = 160;
    slice.starts[axis] = node.named("start", axis, range.start, kLongest);
    slice.counts[axis] = node.named("count", axis, range.count, kLongest);
    slice.steps[axis] = range.step;
  }
  return node.finish(std::move(slice), {node.input(0)});
}

namespace {

// Equal parts; from opset 18 on the last may be smaller.
Result<std::vector<Dim>> equal_parts(const Dim& extent, int parts, bool last_may_be_smaller) {
  if (last_may_be_smaller) {
    const Dim part = Dim::floor_div(extent + Dim(parts - 1), parts);
    std::vector<Dim> sizes(static_cast<size_t>(parts), part);
    sizes.back() = extent - Dim(parts - 1) * part;
    if (sizes.back().is_constant() && sizes.back().value() < 0)
      return invalid_model("an axis of " + extent.text() + " cannot be split into " +
                           std::to_string(parts) + " parts");
    return sizes;
  }
  if (extent.is_constant() && extent.value() % parts != 0)
    return invalid_model("an axis of " + extent.text() + " cannot be split into " +
                         std::to_string(parts) + " equal parts");
  return std::vector<Dim>(static_cast<size_t>(parts), Dim::floor_div(extent, parts));
}

Dim sum_of(const std::vector<Dim>& sizes) {
  Dim sum = 0;
  for (const Dim& size : sizes) sum = sum + size;
  return sum;
}

Status check_parts(const std::vector<Dim>& sizes, const Dim& extent) {
  for (const Dim& size : sizes)
    if (size.is_constant() && size.value() < 0)
      return invalid_model("a part has the size " + size.text() + ", expected 0 or more");
  const Dim sum = sum_of(sizes);
  if (sum == extent || !(sum - extent).is_constant()) return Status::ok();
  return invalid_model("the parts add up to " + sum.text() + ", but the axis has " + extent.text());
}

// The sizes are an attribute below opset 13 (in opset 1 an input or that), an input from it on, and
// equal without either.
Result<std::vector<Dim>> split_sizes(NodeImport& node, const Dim& extent) {
  const int outputs = node.output_count();
  std::vector<Dim> sizes;
  if ((node.opset() >= 13 || node.opset() < 2) && node.has_input(1)) {
    OCTET_ASSIGN_OR_RETURN(sizes, node.dims(1));
  } else if (const auto given = node.opset() < 13 ? node.ints_attribute("split") : std::nullopt) {
    sizes.assign(given->begin(), given->end());
  } else {
    const int64_t parts = node.int_attribute("num_outputs", outputs);
    if (parts != outputs)
      return invalid_model("attribute \"num_outputs\" is " + std::to_string(parts) +
                           ", but the node has " + std::to_string(outputs) + " outputs");
    return equal_parts(extent, outputs, node.opset() >= 18);
  }
  if (sizes.size() != static_cast<size_t>(outputs))
    return invalid_model("has " + std::to_string(sizes.size()) + " sizes for " +
                         std::to_string(outputs) + " outputs");
  return sizes;
}

}  // namespace

// Parts never drop what is left: where it shows only at run time, that is a check.
Status require_parts(NodeImport& node, int index, const std::vector<Dim>& sizes) {
  const Dim extent = node.type(0).shape[static_cast<size_t>(index)];
  OCTET_RETURN_IF_ERROR(check_parts(sizes, extent));
  std::vector<Check> checks;
  OCTET_RETURN_IF_ERROR(
      require({.found = extent,
               .expected = sum_of(sizes),
               .what = "axis " + std::to_string(index) + " of input 0, which is split into " +
                       std::to_string(sizes.size()) + " parts,"},
              checks));
  for (size_t i = 0; i < sizes.size(); ++i)
    OCTET_RETURN_IF_ERROR(require({.kind = Check::Kind::kAtLeast,
                                   .found = sizes[i],
                                   .expected = 0,
                                   .what = "the size of part " + std::to_string(i) + " of axis " +
                                           std::to_string(index) + " of input 0"},
                                  checks));
  node.add_checks(checks);
  return Status::ok();
}

Status import_split(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(const int index,
                         normalize_axis(node.int_attribute("axis", 0), node.rank(0)));
  const auto axis = static_cast<size_t>(index);
  OCTET_ASSIGN_OR_RETURN(const std::vector<Dim> sizes, split_sizes(node, node.type(0).shape[axis]));
  OCTET_RETURN_IF_ERROR(require_parts(node, index, sizes));
  SliceAttrs slice = whole(node.type(0).shape);
  for (int i = 0; i < node.output_count(); ++i) {
    slice.counts[axis] = sizes[static_cast<size_t>(i)];
    if (node.wants_output(i)) OCTET_RETURN_IF_ERROR(node.finish(slice, {node.input(0)}, i));
    slice.starts[axis] = slice.starts[axis] + slice.counts[axis];
  }
  return Status::ok();
}

}  // namespace octet
