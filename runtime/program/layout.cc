// Strides of views, symbolically.
#include "runtime/program/layout.h"

#include <algorithm>

namespace octet {
namespace {

// An axis of one element or none is walked like one of 1: its stride is never used.
Dim walked(const Dim& extent) {
  return !extent.is_constant() && extent.is_at_most(1) ? Dim(1) : extent;
}

SymbolicShape walked(SymbolicShape shape) {
  for (Dim& extent : shape) extent = walked(extent);
  return shape;
}

// The smallest runs of old and new axes with the same number of elements: [b, s, h*d] -> [b, s, h,
// d] gives (1|1)(1|1)(1|2). nullopt when the symbols don't show how they match.
struct AxisRun {
  size_t old_first, old_last, new_first, new_last;  // half open
};
std::optional<std::vector<AxisRun>> match_axes(const SymbolicShape& from, const SymbolicShape& to) {
  std::vector<AxisRun> runs;
  size_t i = 0, j = 0;
  while (i < from.size() && j < to.size()) {
    AxisRun run{i, i + 1, j, j + 1};
    Dim left = from[i], right = to[j];
    while (!(left == right)) {
      const bool right_is_multiple = Dim::mod(right, left) == Dim(0);
      if (right_is_multiple && run.old_last < from.size())
        left = left * from[run.old_last++];
      else if (Dim::mod(left, right) == Dim(0) && run.new_last < to.size())
        right = right * to[run.new_last++];
      else
        return std::nullopt;
    }
    i = run.old_last;
    j = run.new_last;
    runs.push_back(run);
  }
  const Dim one = 1;
  while (i < from.size() && from[i] == one && !runs.empty()) runs.back().old_last = ++i;
  while (j < to.size() && to[j] == one && !runs.empty()) runs.back().new_last = ++j;
  if (i != from.size() || j != to.size()) return std::nullopt;
  return runs;
}

// The stride of the innermost of axes [first, last) if they can be walked as one axis.
std::optional<Dim> merged_stride(const SymbolicShape& shape, const std::vector<Dim>& strides,
                                 size_t first, size_t last) {
  std::optional<Dim> inner, expected;
  for (size_t axis = last; axis-- > first;) {
    if (walked(shape[axis]) == Dim(1)) continue;
    if (expected && !(strides[axis] == *expected)) return std::nullopt;
    if (!inner) inner = strides[axis];
    expected = strides[axis] * shape[axis];
  }
  return inner ? inner : Dim(1);
}

std::optional<std::vector<Dim>> reshaped_strides(const SymbolicShape& from,
                                                 const std::vector<Dim>& strides,
                                                 const SymbolicShape& to) {
  if (is_contiguous(from, strides)) return contiguous_strides(to);
  const auto runs = match_axes(walked(from), walked(to));
  if (!runs) return std::nullopt;
  std::vector<Dim> result(to.size(), Dim(1));
  for (const AxisRun& run : *runs) {
    auto stride = merged_stride(from, strides, run.old_first, run.old_last);
    if (!stride) return std::nullopt;
    for (size_t axis = run.new_last; axis-- > run.new_first;) {
      result[axis] = *stride;
      stride = *stride * to[axis];
    }
  }
  return result;
}

}  // namespace

std::vector<Dim> contiguous_strides(const SymbolicShape& shape) {
  std::vector<Dim> strides(shape.size(), Dim(1));
  for (size_t axis = shape.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * shape[axis];
  return strides;
}

bool is_contiguous(const SymbolicShape& shape, const std::vector<Dim>& strides) {
  const SymbolicShape extents = walked(shape);
  const auto expected = contiguous_strides(extents), plain = contiguous_strides(shape);
  for (size_t axis = 0; axis < shape.size(); ++axis)
    if (!(extents[axis] == Dim(1)) && !(strides[axis] == expected[axis]) &&
        !(strides[axis] == plain[axis]))
      return false;
  return true;
}

bool is_movement(OpKind kind) {
  return kind == OpKind::kReshape || kind == OpKind::kTranspose || kind == OpKind::kSlice ||
         kind == OpKind::kExpand;
}

bool is_shape_data(OpKind kind) { return kind == OpKind::kShapeValues || kind == OpKind::kRange; }

std::optional<Layout> view_of(const Attributes& attributes, const SymbolicShape& input_shape,
                              const Layout& input, const SymbolicShape& output_shape) {
  Layout output{input.storage, input.offset, {}};
  if (std::holds_alternative<ReshapeAttrs>(attributes)) {
    auto strides = reshaped_strides(input_shape, input.strides, output_shape);
    if (!strides) return std::nullopt;
    output.strides = std::move(*strides);
  } else if (const auto* transpose = std::get_if<TransposeAttrs>(&attributes)) {
    for (int axis : transpose->permutation)
      output.strides.push_back(input.strides[static_cast<size_t>(axis)]);
  } else if (const auto* slice = std::get_if<SliceAttrs>(&attributes)) {
    for (size_t axis = 0; axis < input.strides.size(); ++axis) {
      output.offset = output.offset + slice->starts[axis] * input.strides[axis];
      output.strides.push_back(input.strides[axis] * Dim(slice->steps[axis]));
    }
  } else if (std::holds_alternative<ExpandAttrs>(attributes)) {
    const size_t added = output_shape.size() - input_shape.size();
    for (size_t axis = 0; axis < output_shape.size(); ++axis) {
      const bool same = axis >= added && input_shape[axis - added] == output_shape[axis];
      if (!same && axis >= added && !(input_shape[axis - added] == Dim(1))) return std::nullopt;
      output.strides.push_back(same ? input.strides[axis - added] : Dim(0));
    }
  } else {
    return std::nullopt;
  }
  return output;
}

Dim columns_of(const SymbolicShape& shape, const Dim& rows) {
  // 8 * (n + 16) elements in n + 16 rows: sums are not divided symbolically, but the axes show it.
  Dim leading = 1;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (leading == rows)
      return element_count({shape.begin() + static_cast<ptrdiff_t>(axis), shape.end()});
    leading = leading * shape[axis];
  }
  if (leading == rows || rows == Dim(0)) return 1;
  return Dim::floor_div(leading, rows);
}

std::optional<RowLayout> row_layout(const SymbolicShape& shape, const Layout& layout,
                                    const Dim& rows) {
  if (is_contiguous(shape, layout.strides)) {
    const Dim columns = columns_of(shape, rows);
    if (!(columns * rows == element_count(shape))) return std::nullopt;
    return RowLayout{columns, columns};
  }
  if (shape.empty() || !(layout.strides.back() == Dim(1))) return std::nullopt;
  const size_t last = shape.size() - 1;
  if (!(element_count({shape.begin(), shape.end() - 1}) == rows)) return std::nullopt;
  const auto stride = merged_stride(shape, layout.strides, 0, last);
  if (!stride) return std::nullopt;
  return RowLayout{shape[last], *stride};
}

}  // namespace octet
