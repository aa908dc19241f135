// Arrays and their descriptions.
#include "apps/run_model/array.h"

#include <cstring>

namespace octet::app {

Array::Array(octet_dtype type, std::vector<int64_t> extents)
    : dtype(type), dims(std::move(extents)) {
  data = allocate_buffer(byte_count());
}

Array Array::copy_of(const octet_tensor& tensor) {
  Array array(tensor.dtype, {tensor.dims, tensor.dims + tensor.rank});
  if (array.byte_count() > 0) std::memcpy(array.data.get(), tensor.data, array.byte_count());
  return array;
}

Array Array::copy_of(const Tensor& tensor) {
  Array array(static_cast<octet_dtype>(tensor.dtype()),
              {tensor.shape().begin(), tensor.shape().end()});
  if (array.byte_count() > 0) std::memcpy(array.data.get(), tensor.bytes(), array.byte_count());
  return array;
}

Array Array::view_of(const octet_tensor& tensor) {
  Array array;
  array.dtype = tensor.dtype;
  array.dims.assign(tensor.dims, tensor.dims + tensor.rank);
  array.data =
      std::shared_ptr<std::byte>(std::shared_ptr<void>(), static_cast<std::byte*>(tensor.data));
  return array;
}

int64_t Array::element_count() const {
  int64_t count = 1;
  for (int64_t dim : dims) count *= dim;
  return count;
}

octet_tensor Array::tensor() const {
  octet_tensor tensor = {};
  tensor.data = data.get();
  tensor.dtype = dtype;
  tensor.rank = static_cast<int32_t>(dims.size());
  for (size_t i = 0; i < dims.size(); ++i) tensor.dims[i] = dims[i];
  return tensor;
}

std::string Array::describe() const { return app::describe(tensor()); }

Array slice_rows(const Array& array, int64_t first, int64_t count) {
  Array slice;
  slice.dtype = array.dtype;
  slice.dims = array.dims;
  slice.dims[0] = count;
  const size_t row_bytes =
      array.dims[0] == 0 ? 0 : array.byte_count() / static_cast<size_t>(array.dims[0]);
  slice.data = std::shared_ptr<std::byte>(
      array.data, array.data.get() + static_cast<size_t>(first) * row_bytes);
  return slice;
}

std::string describe(const octet_tensor& tensor) {
  const Shape shape(std::span<const int64_t>(tensor.dims, static_cast<size_t>(tensor.rank)));
  return std::string(octet_dtype_name(tensor.dtype)) + "[" +
         (tensor.rank == 0 ? "" : to_string(shape)) + "]";
}

std::string describe(const octet_value_info& info) {
  if (info.kind != OCTET_VALUE_TENSOR) {
    std::string held = octet_dtype_name(info.dtype);
    for (int32_t axis = 0; axis < info.rank; ++axis) held += axis == 0 ? "[?" : ", ?";
    if (info.rank >= 0) held += info.rank == 0 ? "[]" : "]";
    const bool sequence =
        info.kind == OCTET_VALUE_SEQUENCE || info.element_kind == OCTET_VALUE_SEQUENCE;
    if (sequence) held = "sequence(" + held + ")";
    return info.kind == OCTET_VALUE_OPTIONAL ? "optional(" + held + ")" : held;
  }
  std::string text = std::string(octet_dtype_name(info.dtype)) + "[";
  for (int32_t axis = 0; axis < info.rank; ++axis) {
    if (axis > 0) text += ", ";
    text += info.symbols[axis] != nullptr ? info.symbols[axis] : std::to_string(info.dims[axis]);
  }
  return text + "]";
}

}  // namespace octet::app
