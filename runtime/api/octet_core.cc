// The C API: versions, errors, element types, tensors.
#include "runtime/api/handles.h"
#include "runtime/api/lent_data.h"
#include "runtime/core/text.h"

namespace octet {

octet_status status_code(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return OCTET_OK;
    case StatusCode::kInvalidArgument:
      return OCTET_INVALID_ARGUMENT;
    case StatusCode::kInvalidModel:
      return OCTET_INVALID_MODEL;
    case StatusCode::kUnsupported:
      return OCTET_UNSUPPORTED;
    case StatusCode::kNotFound:
      return OCTET_NOT_FOUND;
    case StatusCode::kResourceExhausted:
      return OCTET_RESOURCE_EXHAUSTED;
    case StatusCode::kIoError:
      return OCTET_IO_ERROR;
    case StatusCode::kCancelled:
      return OCTET_CANCELLED;
    case StatusCode::kInternal:
      return OCTET_INTERNAL;
    case StatusCode::kDeadlineExceeded:
      return OCTET_DEADLINE_EXCEEDED;
  }
  return OCTET_INTERNAL;
}

octet_status report(octet_error** error, octet_status status, std::string_view message) noexcept {
  if (error == nullptr) return status;
  try {
    *error = new octet_error{status, message_text(message)};
  } catch (const std::bad_alloc&) {
    *error = nullptr;
  }
  return status;
}

octet_dtype to_c(DType dtype) { return static_cast<octet_dtype>(dtype); }

Result<DType> to_dtype(octet_dtype dtype) {
  static_assert(static_cast<int>(DType::kF32) == OCTET_FLOAT32 &&
                static_cast<int>(DType::kI8) == OCTET_INT8 &&
                static_cast<int>(DType::kI64) == OCTET_INT64 &&
                static_cast<int>(DType::kBool) == OCTET_BOOL);
  if (dtype < OCTET_FLOAT32 || dtype > OCTET_BOOL)
    return invalid_argument("dtype is " + std::to_string(dtype) +
                            ", expected one of octet_dtype (0 to " + std::to_string(OCTET_BOOL) +
                            ")");
  return static_cast<DType>(dtype);
}

Result<TensorView> to_view(const octet_tensor& tensor, bool needs_data) {
  OCTET_ASSIGN_OR_RETURN(const DType dtype, to_dtype(tensor.dtype));
  if (tensor.rank < 0 || tensor.rank > OCTET_MAX_RANK)
    return invalid_argument("rank is " + std::to_string(tensor.rank) + ", expected 0 to " +
                            std::to_string(OCTET_MAX_RANK));
  Shape shape;
  int64_t elements = 1;
  for (int axis = 0; axis < tensor.rank; ++axis) {
    shape.push_back(tensor.dims[axis]);
    if (tensor.dims[axis] < 0 || __builtin_mul_overflow(elements, tensor.dims[axis], &elements))
      return invalid_argument("extent " + std::to_string(tensor.dims[axis]) + " of axis " +
                              std::to_string(axis) + " is negative or too large");
  }
  if (needs_data && tensor.data == nullptr && elements > 0)
    return invalid_argument("data is NULL, expected " + std::to_string(elements) + " elements");
  return contiguous_view(tensor.data, dtype, shape);
}

octet_tensor to_c(const TensorView& view) {
  octet_tensor tensor{view.data, to_c(view.dtype), view.shape.rank(), {}};
  for (int axis = 0; axis < view.shape.rank(); ++axis) tensor.dims[axis] = view.shape[axis];
  return tensor;
}

}  // namespace octet

extern "C" {

static_assert(static_cast<int>(octet::StatusCode::kDeadlineExceeded) == OCTET_DEADLINE_EXCEEDED &&
              static_cast<int>(octet::StatusCode::kInternal) == OCTET_INTERNAL &&
              static_cast<int>(octet::StatusCode::kInvalidArgument) == OCTET_INVALID_ARGUMENT);

int32_t octet_api_version(void) { return OCTET_API_VERSION; }
const char* octet_version(void) { return OCTET_VERSION; }

const char* octet_status_name(octet_status status) {
  return octet::status_code_name(static_cast<octet::StatusCode>(status));
}

octet_status octet_error_status(const octet_error* error) {
  return error == nullptr ? OCTET_OK : error->status;
}
const char* octet_error_message(const octet_error* error) {
  return error == nullptr ? "" : error->message.c_str();
}
void octet_error_free(octet_error* error) { delete error; }

size_t octet_dtype_size(octet_dtype dtype) {
  const auto type = octet::to_dtype(dtype);
  return type.is_ok() ? octet::dtype_size(*type) : 0;
}
const char* octet_dtype_name(octet_dtype dtype) {
  const auto type = octet::to_dtype(dtype);
  return type.is_ok() ? octet::dtype_name(*type) : "unknown";
}

void octet_tensor_free(octet_tensor* tensor) {
  if (tensor == nullptr || tensor->data == nullptr) return;
  octet::FreeLentData()(static_cast<std::byte*>(tensor->data));
  tensor->data = nullptr;
}

}  // extern "C"
