// Loading of constants.
#include "runtime/core/constant.h"

namespace octet {

Constant::Constant(Tensor tensor)
    : dtype_(tensor.dtype()), shape_(tensor.shape()), data_(std::move(tensor)) {
  assert(std::get<Tensor>(data_).view().contiguous());
}

Constant::Constant(DType dtype, const Shape& shape, FileRange range)
    : dtype_(dtype), shape_(shape), data_(std::move(range)) {
  assert(std::get<FileRange>(data_).size == byte_count());
}

uint64_t Constant::byte_count() const {
  return static_cast<uint64_t>(shape_.element_count()) * dtype_size(dtype_);
}

Result<Tensor> Constant::load() const {
  if (const auto* tensor = std::get_if<Tensor>(&data_)) return *tensor;
  const auto& range = std::get<FileRange>(data_);
  Tensor tensor(dtype_, shape_);
  OCTET_RETURN_IF_ERROR(
      range.file->read(range.offset, {tensor.bytes(), static_cast<size_t>(range.size)}));
  return tensor;
}

}  // namespace octet
