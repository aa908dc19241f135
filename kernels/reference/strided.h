// Iteration over strided operands and copies between them.
#pragma once

#include <array>
#include <cstring>

#include "kernels/reference/share.h"
#include "runtime/core/tensor.h"

namespace octet::reference {

using Position = std::array<int64_t, kMaxRank>;

// Calls visit(index, offsets, position) for elements [range.first, range.last) of `shape` in
// row-major order: an element's number, its offset (in elements) in each of N operands whose
// strides have the rank of `shape`, and its index along each axis. Ends early when `beat` says so.
template <size_t N, class Visit>
void walk_range(Heartbeat& beat, Share::Range range, const Shape& shape,
                const std::array<Strides, N>& strides, Visit visit) {
  std::array<int64_t, N> offsets{};
  Position position{};
  int64_t rest = range.first;
  for (int axis = shape.rank() - 1; axis >= 0 && rest > 0; --axis) {
    const int64_t at = rest % shape[axis];
    position[static_cast<size_t>(axis)] = at;
    for (size_t n = 0; n < N; ++n) offsets[n] += at * strides[n][axis];
    rest /= shape[axis];
  }
  for (int64_t index = range.first; index < range.last && !beat.stop(); ++index) {
    visit(index, static_cast<const std::array<int64_t, N>&>(offsets),
          static_cast<const Position&>(position));
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      for (size_t n = 0; n < N; ++n) offsets[n] += strides[n][axis];
      if (++position[static_cast<size_t>(axis)] < shape[axis]) break;
      position[static_cast<size_t>(axis)] = 0;
      for (size_t n = 0; n < N; ++n) offsets[n] -= strides[n][axis] * shape[axis];
    }
  }
}

// The elements that are this task's share.
template <size_t N, class Visit>
void walk(Share& share, const Shape& shape, const std::array<Strides, N>& strides, Visit visit) {
  walk_range<N>(share, share.of(shape.element_count()), shape, strides, visit);
}

// All elements, whatever the share: what every task has to see.
template <size_t N, class Visit>
void walk_all(Heartbeat& beat, const Shape& shape, const std::array<Strides, N>& strides,
              Visit visit) {
  walk_range<N>(beat, {0, shape.element_count()}, shape, strides, visit);
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

// Copies this task's share of the elements between operands of one shape and dtype.
inline void copy(Share& share, const TensorView& src, const TensorView& dst) {
  assert(src.shape == dst.shape && src.dtype == dst.dtype);
  const size_t size = dtype_size(src.dtype);
  walk<2>(share, src.shape, {src.strides, dst.strides},
          [&](int64_t, const auto& offsets, const auto&) {
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
