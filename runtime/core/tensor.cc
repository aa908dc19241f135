// Making tensors.
#include "runtime/core/tensor.h"

namespace octet {

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
