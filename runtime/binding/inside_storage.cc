// Arithmetic of windows, with overflow.
#include "runtime/binding/inside_storage.h"

#include "runtime/core/strides.h"

namespace octet {

bool window_is_inside(int64_t offset, const Shape& shape, const Strides& strides,
                      int64_t elements) {
  const std::optional<Reach> reach = reach_of(shape, strides);
  if (!reach) return false;
  if (reach->last < reach->first) return true;
  int64_t first = 0, last = 0;
  return !__builtin_add_overflow(offset, reach->first, &first) &&
         !__builtin_add_overflow(offset, reach->last, &last) && first >= 0 && last < elements;
}

bool rows_are_inside(int64_t offset, int64_t rows, int64_t columns, int64_t stride,
                     int64_t elements) {
  return window_is_inside(offset, Shape{rows, columns}, Strides{stride, 1}, elements);
}

}  // namespace octet
