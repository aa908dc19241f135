// Elements of any type as numbers: floats in double, integers and bool in int64.
#pragma once

#include "runtime/core/tensor.h"

namespace octet::reference {

// The element at `offset` (in elements) as a double. Integers beyond 2^53 round.
double load_number(const TensorView& view, int64_t offset);
// Rounds to nearest even in the view's type, for a 16-bit float by way of float32, and saturates in
// a small float; an integer type truncates and saturates, NaN becomes 0, but a small one keeps the
// lowest bits of the integer; bool is value != 0 (NaN is true).
void store_number(const TensorView& view, int64_t offset, double value);

// Precondition of both: an integer type, a small one included, or bool. uint64 keeps its bits.
// Storing wraps; to bool it is value != 0.
int64_t load_integer(const TensorView& view, int64_t offset);
void store_integer(const TensorView& view, int64_t offset, int64_t value);

}  // namespace octet::reference
