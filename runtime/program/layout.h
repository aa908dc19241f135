// Layout: where a graph value lies, symbolically; and which movement ops need no work because they
// only change it.
#pragma once

#include <optional>
#include <vector>

#include "runtime/ops/op.h"
#include "runtime/program/program.h"

namespace octet {

struct Layout {
  StorageIndex storage = 0;
  Dim offset = 0;            // elements
  std::vector<Dim> strides;  // elements; one per axis of the value's shape
};

std::vector<Dim> contiguous_strides(const SymbolicShape& shape);
bool is_contiguous(const SymbolicShape& shape, const std::vector<Dim>& strides);

bool is_movement(OpKind kind);    // reshape, transpose, slice, expand
bool is_shape_data(OpKind kind);  // shape_values, range: the binding computes them

// The layout of a movement op's output as a window on its input; nullopt when the elements must be
// copied.
std::optional<Layout> view_of(const Attributes& attributes, const SymbolicShape& input_shape,
                              const Layout& input, const SymbolicShape& output_shape);

// A value seen as `rows` rows: its last axis (or single elements) at a constant distance.
struct RowLayout {
  Dim columns;
  Dim row_stride;
};
// Elements of one row of a value in `rows` rows; 1 where there are none, and nothing to divide by.
Dim columns_of(const SymbolicShape& shape, const Dim& rows);
// nullopt when the value has another number of rows or they lie irregularly.
std::optional<RowLayout> row_layout(const SymbolicShape& shape, const Layout& layout,
                                    const Dim& rows);

}  // namespace octet
