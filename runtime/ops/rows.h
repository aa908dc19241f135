// How operands relate to the rows of an output; shared by the row_access() functions.
#pragma once

#include "runtime/ops/type_info.h"

namespace octet {

// Outputs with a leading dim have rows that a region can cut into tiles.
inline bool has_rows(const SymbolicShape& shape) { return shape.size() >= 2; }

// How an operand of `shape` is read for rows of `output` under right-aligned broadcasting: kRows
// for the same shape, kWhole for one element or a single row, kPeriodic when it is broadcast over
// the outermost dims only; nullopt otherwise.
std::optional<RowAccess> broadcast_row_access(const SymbolicShape& shape,
                                              const SymbolicShape& output);

// The first input by rows, all others whole.
RowAccesses rows_of_first(InputTypes inputs);

}  // namespace octet
