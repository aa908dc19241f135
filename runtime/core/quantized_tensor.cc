// Validation of quantized weights.
#include "runtime/core/quantized_tensor.h"

#include <cmath>

namespace octet {
namespace {

Status check_extents(const char* name, const Tensor& tensor, DType dtype, const Shape& expected) {
  if (tensor.dtype() != dtype)
    return invalid_argument(std::string(name) + " is " + dtype_name(tensor.dtype()) +
                            ", expected " + dtype_name(dtype));
  if (!(tensor.shape() == expected))
    return invalid_argument(std::string(name) + " has shape " + to_string(tensor.shape()) +
                            ", expected " + to_string(expected));
  if (!tensor.view().contiguous())
    return invalid_argument(std::string(name) + " must be row-major without gaps");
  return Status::ok();
}

// `positive`: 0 and negative numbers are refused, too.
Status check_values(const char* name, const Tensor& tensor, bool positive) {
  int64_t index = 0;
  for (float value : tensor.elements<const float>()) {
    if (!std::isfinite(value) || (positive && value <= 0))
      return invalid_argument(std::string(name) + "[" + std::to_string(index) + "] is " +
                              std::to_string(value) + ", expected a finite number" +
                              (positive ? " above 0" : ""));
    ++index;
  }
  return Status::ok();
}

}  // namespace

Status validate(const QuantizedTensor& tensor) {
  const Shape& shape = tensor.int_data.shape();
  if (shape.rank() != 2)
    return invalid_argument("int_data has shape " + to_string(shape) + ", expected [N, K]");
  const DType codes = tensor.int_data.dtype();
  if (codes != DType::kI8 && codes != DType::kU8)
    return invalid_argument(std::string("int_data is ") + dtype_name(codes) +
                            ", expected int8 or uint8");
  OCTET_RETURN_IF_ERROR(check_extents("int_data", tensor.int_data, codes, shape));
  Shape scale_shape{1};
  if (tensor.granularity == Granularity::kPerChannel) scale_shape = {shape[0]};
  if (tensor.granularity == Granularity::kBlocked) {
    if (tensor.block_size <= 0)
      return invalid_argument("block_size is " + std::to_string(tensor.block_size) +
                              ", expected a positive number for a blocked weight");
    scale_shape = {shape[0], (shape[1] + tensor.block_size - 1) / tensor.block_size};
  }
  OCTET_RETURN_IF_ERROR(check_extents("scale", tensor.scale, DType::kF32, scale_shape));
  OCTET_RETURN_IF_ERROR(check_values("scale", tensor.scale, false));
  if (tensor.zero_point)
    OCTET_RETURN_IF_ERROR(check_extents("zero_point", *tensor.zero_point, codes, scale_shape));
  if (tensor.smoothing) {
    OCTET_RETURN_IF_ERROR(
        check_extents("smoothing", *tensor.smoothing, DType::kF32, Shape{shape[1]}));
    OCTET_RETURN_IF_ERROR(check_values("smoothing", *tensor.smoothing, true));
  }
  return Status::ok();
}

}  // namespace octet
