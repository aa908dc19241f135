// Allocation of tensor memory.
#include "runtime/core/tensor.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace octet {

std::shared_ptr<std::byte> allocate_buffer(size_t size) {
  constexpr size_t kAlignment = 64;
  const size_t padded = (size + kBufferPadding + kAlignment - 1) / kAlignment * kAlignment;
  auto* memory = static_cast<std::byte*>(std::aligned_alloc(kAlignment, padded));
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory, 0, padded);
  return {memory, [](std::byte* p) { std::free(p); }};
}

TensorView contiguous_view(void* data, DType dtype, const Shape& shape) {
  return {static_cast<std::byte*>(data), dtype, shape, contiguous_strides(shape)};
}

Tensor::Tensor(DType dtype, const Shape& shape) {
  auto memory = allocate_buffer(static_cast<size_t>(shape.element_count()) * dtype_size(dtype));
  view_ = contiguous_view(memory.get(), dtype, shape);
  owner_ = std::move(memory);
}

Tensor::Tensor(std::shared_ptr<const void> owner, TensorView view)
    : owner_(std::move(owner)), view_(view) {}

}  // namespace octet
