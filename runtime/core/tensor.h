// Tensor: a typed, strided window on shared memory, and the Buffer that owns such memory.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "runtime/core/dtype.h"
#include "runtime/core/shape.h"

namespace octet {

// Memory of `size` bytes aligned to 64, zeroed, freed with the last reference. Whole vectors may be
// read up to kBufferPadding bytes beyond `size`. It comes from the thread's current Memory
// (memory.h), where there is one. Throws std::bad_alloc.
inline constexpr size_t kBufferPadding = 64;
std::shared_ptr<std::byte> allocate_buffer(size_t size);

// What a kernel sees: no ownership. `strides` are in elements and may be 0 (broadcast).
struct TensorView {
  std::byte* data = nullptr;
  DType dtype = DType::kF32;
  Shape shape;
  Strides strides;

  template <class T>
  T* as() const {
    return assert(dtype == dtype_of<T>), reinterpret_cast<T*>(data);
  }
  int64_t element_count() const { return shape.element_count(); }
  bool contiguous() const { return is_contiguous(shape, strides); }
};

TensorView contiguous_view(void* data, DType dtype, const Shape& shape);

// A TensorView that keeps its memory alive. Copying shares the memory. Threading: as for the memory
// it names.
class Tensor {
 public:
  Tensor() = default;
  // A new zeroed row-major tensor.
  Tensor(DType dtype, const Shape& shape);
  // A view on memory that somebody else owns and `owner` keeps alive.
  Tensor(std::shared_ptr<const void> owner, TensorView view);
  template <class T>
  static Tensor from(std::span<const T> values, const Shape& shape);

  const TensorView& view() const { return view_; }
  DType dtype() const { return view_.dtype; }
  const Shape& shape() const { return view_.shape; }
  int64_t element_count() const { return view_.element_count(); }
  size_t byte_count() const {
    return static_cast<size_t>(element_count()) * dtype_size(view_.dtype);
  }
  std::byte* bytes() const { return view_.data; }
  // What keeps the memory alive; nullptr where nobody said so.
  const std::shared_ptr<const void>& owner() const { return owner_; }
  // The elements of a contiguous tensor.
  template <class T>
  std::span<T> elements() const {
    assert(view_.contiguous());
    return {view_.as<T>(), static_cast<size_t>(element_count())};
  }

 private:
  std::shared_ptr<const void> owner_;
  TensorView view_;
};

template <class T>
Tensor Tensor::from(std::span<const T> values, const Shape& shape) {
  Tensor tensor(dtype_of<T>, shape);
  assert(static_cast<int64_t>(values.size()) == shape.element_count());
  for (size_t i = 0; i < values.size(); ++i) tensor.elements<T>()[i] = values[i];
  return tensor;
}

}  // namespace octet
