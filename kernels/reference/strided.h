// Iteration over strided operands and copies between them.
#pragma once

#include <array>
#include <cstring>

#include "runtime/core/tensor.h"

namespace octet::reference {

// Calls visit(index, offsets) for every element of `shape` in row-major order: its number, and its
// offset (in elements) in each of N operands whose strides have the rank of `shape`.
template <size_t N, class Visit>
void walk(const Shape& shape, const std::array<Strides, N>& strides, Visit visit) {
  std::array<int64_t, N> offsets{};
  std::array<int64_t, kMaxRank> position{};
  const int64_t count = shape.element_count();
  for (int64_t index = 0; index < count; ++index) {
    visit(index, offsets);
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      for (size_t n = 0; n < N; ++n) offsets[n] += strides[n][axis];
      if (++position[static_cast<size_t>(axis)] < shape[axis]) break;
      position[static_cast<size_t>(axis)] = 0;
      for (size_t n = 0; n < N; ++n) offsets[n] -= strides[n][axis] * shape[axis];
    }
  }
}

// The strides with which `view` is read as a tensor of `shape` (NumPy broadcasting, right-aligned).
// Precondition: it broadcasts.
inline Strides broadcast_strides(const TensorView& view, const Shape& shape) {
  Strides strides = shape;
  const int missing = shape.rank() - view.shape.rank();
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const bool repeated = axis < missing || view.shape[axis - missing] == 1;
    strides[axis] = repeated ? 0 : view.strides[axis - missing];
  }
  return strides;
}

// As many zeros as `shape` has axes.
inline Strides zero_strides(const Shape& shape) {
  Strides strides = shape;
  for (int axis = 0; axis < shape.rank(); ++axis) strides[axis] = 0;
  return strides;
}

inline std::byte* element(const TensorView& view, int64_t offset) {
  return view.data + offset * static_cast<int64_t>(dtype_size(view.dtype));
}

// Copies elements between operands of one shape and dtype.
inline void copy(const TensorView& src, const TensorView& dst) {
  assert(src.shape == dst.shape && src.dtype == dst.dtype);
  const size_t size = dtype_size(src.dtype);
  walk<2>(src.shape, {src.strides, dst.strides}, [&](int64_t, const auto& offsets) {
    std::memcpy(element(dst, offsets[1]), element(src, offsets[0]), size);
  });
}

// The view without its last axis; its rows' starts. Precondition: rank >= 1.
inline TensorView row_starts(const TensorView& view) {
  TensorView rows = view;
  rows.shape = Shape(view.shape.dims().first(static_cast<size_t>(view.shape.rank() - 1)));
  rows.strides = Strides(view.strides.dims().first(static_cast<size_t>(view.shape.rank() - 1)));
  return rows;
}

// The input at `index`, or nullptr where it is absent.
inline const TensorView* optional_view(std::span<const TensorView> inputs, size_t index) {
  return index < inputs.size() && inputs[index].data != nullptr ? &inputs[index] : nullptr;
}

}  // namespace octet::reference
