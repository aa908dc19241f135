// Arithmetic of windows, with overflow.
#include "runtime/binding/inside_storage.h"

namespace octet {

bool window_is_inside(int64_t offset, const Shape& shape, const Strides& strides,
                      int64_t elements) {
  int64_t first = offset, last = offset;
  bool overflows = false;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] == 0) return true;
    int64_t reach = 0;
    overflows |= __builtin_mul_overflow(shape[axis] - 1, strides[axis], &reach);
    int64_t& end = reach < 0 ? first : last;
    overflows |= __builtin_add_overflow(end, reach, &end);
  }
  return !overflows && first >= 0 && last < elements;
}

bool rows_are_inside(int64_t offset, int64_t rows, int64_t columns, int64_t stride,
                     int64_t elements) {
  return window_is_inside(offset, Shape{rows, columns}, Strides{stride, 1}, elements);
}

}  // namespace octet
