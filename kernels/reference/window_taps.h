// Iteration over the taps of one sliding window.
#pragma once

#include <algorithm>

#include "kernels/reference/strided.h"
#include "runtime/ops/window.h"

namespace octet::reference {

// The axes of `shape` or of strides from `first` on.
inline Shape axes_from(const Shape& shape, int first) {
  return Shape(shape.dims().subspan(static_cast<size_t>(first)));
}

// The kernel's extents.
inline Shape kernel_shape(const Window& window) { return Shape(std::span(window.kernel)); }

// Where the windows over one channel of src begin: its spatial extents and the padding for them.
struct WindowSpace {
  WindowSpace(const Window& window, const Shape& spatial) : window(window), spatial(spatial) {
    for (int axis = 0; axis < spatial.rank(); ++axis) {
      const PadPair pads = pads_of(window, static_cast<size_t>(axis), spatial[axis]);
      begins.push_back(pads.begin);
      ends.push_back(pads.end);
    }
  }

  // The position of row-major number `index` in `shape`.
  static Shape position_of(int64_t index, const Shape& shape) {
    Shape position = shape;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      position[axis] = index % shape[axis];
      index /= shape[axis];
    }
    return position;
  }

  // Calls visit(tap, at) for every tap of the window at `position` that lies in src or its padding:
  // the tap's row-major number in the kernel, and its spatial position, which is in src when
  // inside(at).
  template <class Visit>
  void for_taps(const Shape& position, Visit visit) const {
    const Shape kernel = kernel_shape(window);
    const int64_t count = kernel.element_count();
    for (int64_t tap = 0; tap < count; ++tap) {
      Shape at = position_of(tap, kernel);
      bool reached = true;
      for (int axis = 0; axis < at.rank(); ++axis) {
        const auto i = static_cast<size_t>(axis);
        at[axis] =
            position[axis] * window.strides[i] + at[axis] * window.dilations[i] - begins[axis];
        reached &= at[axis] < spatial[axis] + ends[axis];
      }
      if (reached) visit(tap, at);
    }
  }
  bool inside(const Shape& at) const {
    for (int axis = 0; axis < at.rank(); ++axis)
      if (at[axis] < 0 || at[axis] >= spatial[axis]) return false;
    return true;
  }
  // The offset of `at` under `strides`.
  static int64_t offset(const Shape& at, const Strides& strides) {
    int64_t sum = 0;
    for (int axis = 0; axis < at.rank(); ++axis) sum += at[axis] * strides[axis];
    return sum;
  }

  const Window& window;
  Shape spatial;
  Shape begins, ends;
};

}  // namespace octet::reference
