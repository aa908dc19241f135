// Proof that windows stay inside of their storage: whatever a layout got wrong, no kernel reads or
// writes elsewhere.
#pragma once

#include "runtime/core/shape.h"

namespace octet {

// Whether each element of a window is one of `elements`; offset and strides in elements. A window
// without elements may lie anywhere.
bool window_is_inside(int64_t offset, const Shape& shape, const Strides& strides, int64_t elements);
// The same for `rows` rows of `columns` elements side by side, `stride` from one to the next.
bool rows_are_inside(int64_t offset, int64_t rows, int64_t columns, int64_t stride,
                     int64_t elements);

}  // namespace octet
