// Reading, and sharing without a copy where it is safe.
#include "loaders/onnx/byte_source.h"

#include <cstring>

namespace octet {

Status ByteSource::read(uint64_t offset, std::span<std::byte> destination) const {
  assert(offset <= size() && destination.size() <= size() - offset);
  if (file_) return file_->read(offset, destination);
  if (!destination.empty())
    std::memcpy(destination.data(), memory_.data() + offset, destination.size());
  return Status::ok();
}

Result<Constant> ByteSource::constant(DType dtype, const Shape& shape, uint64_t offset) const {
  const size_t element_size = dtype_size(dtype);
  const uint64_t bytes = static_cast<uint64_t>(shape.element_count()) * element_size;
  assert(offset <= size() && bytes <= size() - offset);
  if (dtype != DType::kBool && bytes > 0) {
    if (file_) return Constant(dtype, shape, FileRange{file_, offset, bytes});
    const std::byte* data = memory_.data() + offset;
    // Kernels may read kBufferPadding bytes past a tensor's end, so the caller's memory has to go
    // on that far.
    const bool padded = memory_.size() - offset - bytes >= kBufferPadding;
    if (owner_ && padded && reinterpret_cast<uintptr_t>(data) % element_size == 0)
      return Constant(Tensor(owner_, contiguous_view(const_cast<std::byte*>(data), dtype, shape)));
  }
  Tensor tensor(dtype, shape);
  OCTET_RETURN_IF_ERROR(read(offset, {tensor.bytes(), tensor.byte_count()}));
  if (dtype == DType::kBool) normalize_bools(tensor);
  return Constant(std::move(tensor));
}

void normalize_bools(const Tensor& tensor) {
  for (std::byte& value : std::span(tensor.bytes(), tensor.byte_count()))
    value = std::byte{value != std::byte{0}};
}

}  // namespace octet
