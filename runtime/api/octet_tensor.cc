// The C API: element types and tensors, and what of them is refused.
#include "runtime/api/handles.h"
#include "runtime/api/lent_data.h"
#include "runtime/core/strides.h"

namespace octet {
namespace {

std::string device_name(const octet_device& device) {
  const std::string index = ":" + std::to_string(device.index);
  switch (device.kind) {
    case OCTET_DEVICE_CPU:
      return "cpu" + index;
    case OCTET_DEVICE_CUDA:
      return "cuda" + index;
    case OCTET_DEVICE_CUDA_HOST:
      return "cuda_host" + index;
  }
  return "of unknown kind " + std::to_string(device.kind);
}

std::string list(std::span<const int64_t> numbers) {
  std::string text = "[";
  for (int64_t number : numbers) text += (text.size() > 1 ? ", " : "") + std::to_string(number);
  return text + "]";
}

Result<Shape> to_shape(const octet_tensor& tensor) {
  if (tensor.rank < 0 || tensor.rank > OCTET_MAX_RANK)
    return invalid_argument("rank is " + std::to_string(tensor.rank) + ", expected 0 to " +
                            std::to_string(OCTET_MAX_RANK));
  Shape shape;
  int64_t strides = 1;  // an extent of 0 ends no product: row-major strides are made of the others
  for (int axis = 0; axis < tensor.rank; ++axis) {
    const int64_t extent = tensor.dims[axis];
    if (extent < 0 || __builtin_mul_overflow(strides, extent > 0 ? extent : 1, &strides))
      return invalid_argument("extent " + std::to_string(extent) + " of axis " +
                              std::to_string(axis) + " is negative or too large");
    shape.push_back(extent);
  }
  return shape;
}

// The caller's strides where they matter: those of fewer than two indices may be anything.
Strides to_strides(const octet_tensor& tensor, const Shape& shape) {
  Strides strides = contiguous_strides(shape);
  for (int axis = 0; axis < shape.rank() && tensor.strides != nullptr; ++axis)
    if (shape[axis] > 1) strides[axis] = tensor.strides[axis];
  return strides;
}

}  // namespace

octet_dtype to_c(DType dtype) { return static_cast<octet_dtype>(dtype); }

Result<DType> to_dtype(octet_dtype dtype) {
  static_assert(static_cast<int>(DType::kF32) == OCTET_FLOAT32 &&
                static_cast<int>(DType::kI8) == OCTET_INT8 &&
                static_cast<int>(DType::kI64) == OCTET_INT64 &&
                static_cast<int>(DType::kBool) == OCTET_BOOL &&
                static_cast<int>(DType::kF8E4M3FN) == OCTET_FLOAT8_E4M3FN &&
                static_cast<int>(DType::kF4E2M1FN) == OCTET_FLOAT4_E2M1FN &&
                static_cast<int>(DType::kU2) == OCTET_UINT2 &&
                static_cast<int>(DType::kF6E3M2FN) == OCTET_FLOAT6_E3M2FN);
  if (dtype == OCTET_STRING) return unsupported("dtype is string, which no model takes yet");
  if (dtype < OCTET_FLOAT32 || dtype > OCTET_FLOAT6_E3M2FN)
    return invalid_argument("dtype is " + std::to_string(dtype) +
                            ", expected one of octet_dtype (0 to " +
                            std::to_string(OCTET_FLOAT6_E3M2FN) + ")");
  return static_cast<DType>(dtype);
}

Status check_place(const octet_tensor& tensor) {
  if (tensor.reserved[0] != 0 || tensor.reserved[1] != 0)
    return invalid_argument(
        "octet_tensor.reserved is not 0; initialise tensors by field name, {.data = ..}, so that "
        "what is not named is 0, and compare octet_api_version() with OCTET_API_VERSION");
  if (tensor.device.kind != OCTET_DEVICE_CPU)
    return unsupported("device is " + device_name(tensor.device) +
                       ", expected cpu:0: this build has no device backend; copy the elements to "
                       "memory of the CPU");
  if (tensor.device.index != 0)
    return invalid_argument("device is " + device_name(tensor.device) +
                            ", expected cpu:0; there is one CPU, whatever its sockets");
  return Status::ok();
}

Result<TensorView> to_view(const octet_tensor& tensor) {
  OCTET_RETURN_IF_ERROR(check_place(tensor));
  OCTET_ASSIGN_OR_RETURN(const DType dtype, to_dtype(tensor.dtype));
  OCTET_ASSIGN_OR_RETURN(const Shape shape, to_shape(tensor));
  const TensorView view{static_cast<std::byte*>(tensor.data), dtype, shape,
                        to_strides(tensor, shape)};
  if (view.data == nullptr && view.element_count() > 0)
    return invalid_argument("data is NULL, expected " + std::to_string(view.element_count()) +
                            " elements");
  if (tensor.strides != nullptr && !byte_range(view))
    return invalid_argument("strides " + list(view.strides.dims()) + " of extents " +
                            list(shape.dims()) +
                            " reach beyond all memory, expected elements (not bytes) from one "
                            "index of an axis to the next");
  if (is_packed(dtype) && !view.contiguous())
    return invalid_argument("strides " + list(view.strides.dims()) + " of extents " +
                            list(shape.dims()) + " are not row-major, as those of " +
                            dtype_name(dtype) + " must be, of which several share a byte");
  return view;
}

Result<TensorView> to_output_view(const octet_tensor& tensor) {
  OCTET_ASSIGN_OR_RETURN(const TensorView view, to_view(tensor));
  if (tensor.strides != nullptr && !elements_are_apart(view.shape, view.strides))
    return invalid_argument("strides " + list(view.strides.dims()) + " of extents " +
                            list(view.shape.dims()) +
                            " put several elements of an output in one place, expected each "
                            "stride, taken by size, to step over all that the smaller ones reach");
  return view;
}

std::optional<ByteRange> byte_range(const TensorView& view) {
  const std::optional<Reach> reach = reach_of(view.shape, view.strides);
  if (!reach) return std::nullopt;
  if (reach->last < reach->first) return ByteRange{};
  ByteRange range{reinterpret_cast<uintptr_t>(view.data), reinterpret_cast<uintptr_t>(view.data)};
  if (is_packed(view.dtype)) {  // row-major
    const bool fits = !__builtin_add_overflow(
        range.first, packed_bytes(view.element_count(), view.dtype), &range.end);
    return fits ? std::optional(range) : std::nullopt;
  }
  const auto size = static_cast<int64_t>(dtype_size(view.dtype));
  int64_t first = 0, last = 0;
  if (__builtin_mul_overflow(reach->first, size, &first) ||
      __builtin_mul_overflow(reach->last, size, &last) ||
      __builtin_add_overflow(last, size, &last) ||
      __builtin_add_overflow(range.first, first, &range.first) ||
      __builtin_add_overflow(range.end, last, &range.end))
    return std::nullopt;
  return range;
}

octet_tensor to_c(const TensorView& view) {
  octet_tensor tensor = {};
  tensor.data = view.data;
  tensor.dtype = to_c(view.dtype);
  tensor.rank = view.shape.rank();
  for (int axis = 0; axis < view.shape.rank(); ++axis) tensor.dims[axis] = view.shape[axis];
  return tensor;
}

}  // namespace octet

extern "C" {

size_t octet_dtype_size(octet_dtype dtype) {
  if (dtype == OCTET_STRING) return sizeof(const char*);
  const auto type = octet::to_dtype(dtype);
  return type.is_ok() && !octet::is_packed(*type) ? octet::dtype_size(*type) : 0;
}

const char* octet_dtype_name(octet_dtype dtype) {
  if (dtype == OCTET_STRING) return "string";
  const auto type = octet::to_dtype(dtype);
  return type.is_ok() ? octet::dtype_name(*type) : "unknown";
}

void octet_tensor_free(octet_tensor* tensor) {
  if (tensor == nullptr || tensor->data == nullptr) return;
  octet::FreeLentData()(static_cast<std::byte*>(tensor->data));
  tensor->data = nullptr;
}

}  // extern "C"
