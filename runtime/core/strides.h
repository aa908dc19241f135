// What strides reach in memory, and whether they keep elements apart.
#pragma once

#include <optional>

#include "runtime/core/shape.h"

namespace octet {

// Where the elements that come first and last in memory lie, in elements from the one at index 0 of
// all axes; last < first where there is none.
struct Reach {
  int64_t first = 0;
  int64_t last = -1;
};
// Nothing where it does not fit.
std::optional<Reach> reach_of(const Shape& shape, const Strides& strides);
// Whether no two elements share a place, as far as this shows it: taken by size, each stride steps
// over all that the smaller ones reach. Strides of memory that was cut, turned and padded do.
// Precondition: reach_of() is something.
bool elements_are_apart(const Shape& shape, const Strides& strides);

}  // namespace octet
