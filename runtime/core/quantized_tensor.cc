// Validation, row ranges, concatenation and spreading of quantized weights.
#include "runtime/core/quantized_tensor.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "runtime/core/code_type.h"

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

// The extents of scale and zero point.
Shape scale_shape(const Shape& codes, Granularity granularity, int64_t block_size) {
  switch (granularity) {
    case Granularity::kPerTensor:
      return {1};
    case Granularity::kPerChannel:
      return {codes[0]};
    case Granularity::kBlocked:
      return {codes[0], block_count(codes[1], block_size)};
  }
  return {};
}

Status check_codes(const QuantizedTensor& tensor) {
  const DType type = tensor.int_data.dtype();
  if (type != DType::kI8 && type != DType::kU8)
    return invalid_argument(std::string("int_data is ") + dtype_name(type) +
                            ", expected int8 or uint8");
  OCTET_RETURN_IF_ERROR(check_extents("int_data", tensor.int_data, type, tensor.int_data.shape()));
  if (tensor.bits != 8 && tensor.bits != 4 && tensor.bits != 2)
    return invalid_argument("codes have " + std::to_string(tensor.bits) +
                            " bits, expected 8, 4 or 2");
  if (tensor.bits == 8) return Status::ok();
  const int low = type == DType::kU8 ? 0 : -(1 << (tensor.bits - 1));
  const int high = low + (1 << tensor.bits) - 1;
  const std::byte* codes = tensor.int_data.bytes();
  const size_t count = tensor.int_data.byte_count();
  std::byte seen{0};  // in codes counted from the lowest: more bits than they have where one is bad
  const auto lowest = static_cast<uint8_t>(low);
  for (size_t i = 0; i < count; ++i)
    seen |= static_cast<std::byte>(std::to_integer<uint8_t>(codes[i]) - lowest);
  if (std::to_integer<int>(seen) >> tensor.bits == 0) return Status::ok();
  for (size_t i = 0; i < count; ++i) {
    const int code = type == DType::kU8 ? std::to_integer<int>(codes[i])
                                        : static_cast<int8_t>(std::to_integer<uint8_t>(codes[i]));
    if (code < low || code > high)
      return invalid_argument("int_data[" + std::to_string(i) + "] is " + std::to_string(code) +
                              ", expected a code of " + std::to_string(tensor.bits) +
                              " bits, from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return Status::ok();
}

Status check_zero_point(const QuantizedTensor& tensor, const Shape& expected) {
  const Tensor& zero_point = *tensor.zero_point;
  if (zero_point.dtype() != DType::kF32)
    return check_extents("zero_point", zero_point, tensor.int_data.dtype(), expected);
  OCTET_RETURN_IF_ERROR(check_extents("zero_point", zero_point, DType::kF32, expected));
  return check_values("zero_point", zero_point, false);
}

Status check_group_index(const QuantizedTensor& tensor, int64_t blocks) {
  if (tensor.granularity != Granularity::kBlocked)
    return invalid_argument("group_index is only for blocked weights");
  OCTET_RETURN_IF_ERROR(
      check_extents("group_index", *tensor.group_index, DType::kI32, Shape{tensor.k()}));
  for (const int32_t group : tensor.group_index->elements<const int32_t>())
    if (group < 0 || group >= blocks)
      return invalid_argument("group_index names block " + std::to_string(group) +
                              ", expected 0 to " + std::to_string(blocks - 1));
  return Status::ok();
}

// Indices of `source`'s scale for each place of a finer one, in order.
std::vector<int64_t> places_of(const QuantizedTensor& source, const Shape& finer,
                               int64_t block_size) {
  std::vector<int64_t> places;
  const int64_t blocks = finer.rank() > 1 ? finer[1] : 1;
  for (int64_t n = 0; n < finer[0]; ++n)
    for (int64_t block = 0; block < blocks; ++block)
      places.push_back(scale_index(source, n, block * block_size));
  return places;
}

Tensor gather(const Tensor& component, const std::vector<int64_t>& places, const Shape& shape) {
  Tensor result(component.dtype(), shape);
  const size_t size = dtype_size(component.dtype());
  for (size_t i = 0; i < places.size(); ++i)
    std::memcpy(result.bytes() + i * size,
                component.bytes() + static_cast<size_t>(places[i]) * size, size);
  return result;
}

Tensor copy_leading(const Tensor& source, int64_t first, int64_t rows) {
  Shape shape = source.shape();
  const size_t row_bytes =
      source.byte_count() / static_cast<size_t>(std::max<int64_t>(1, shape[0]));
  Shape result_shape{rows};
  for (int axis = 1; axis < shape.rank(); ++axis) result_shape.push_back(shape[axis]);
  Tensor copy(source.dtype(), result_shape);
  std::memcpy(copy.bytes(), source.bytes() + static_cast<size_t>(first) * row_bytes,
              copy.byte_count());
  return copy;
}

// Stacks contiguous tensors along their first axis.
Tensor stack(const std::vector<Tensor>& parts) {
  int64_t rows = 0;
  for (const Tensor& part : parts) rows += part.shape()[0];
  Shape shape{rows};
  for (int axis = 1; axis < parts[0].shape().rank(); ++axis)
    shape.push_back(parts[0].shape()[axis]);
  Tensor result(parts[0].dtype(), shape);
  std::byte* target = result.bytes();
  for (const Tensor& part : parts) {
    std::memcpy(target, part.bytes(), part.byte_count());
    target += part.byte_count();
  }
  return result;
}

bool same(const std::optional<Tensor>& lhs, const std::optional<Tensor>& rhs) {
  if (!lhs || !rhs) return lhs.has_value() == rhs.has_value();
  return lhs->byte_count() == rhs->byte_count() &&
         std::memcmp(lhs->bytes(), rhs->bytes(), lhs->byte_count()) == 0;
}

// The zero points as `type`, 0 where there are none.
Tensor zero_points_as(DType type, const QuantizedTensor& tensor) {
  if (tensor.zero_point && tensor.zero_point->dtype() == type) return *tensor.zero_point;
  Tensor result(type, tensor.scale.shape());
  if (!tensor.zero_point) return result;
  const std::byte* codes = tensor.zero_point->bytes();
  const bool is_signed = tensor.zero_point->dtype() == DType::kI8;
  size_t i = 0;
  for (float& value : result.elements<float>()) {
    const auto code = std::to_integer<uint8_t>(codes[i++]);
    value = is_signed ? static_cast<float>(static_cast<int8_t>(code)) : static_cast<float>(code);
  }
  return result;
}

}  // namespace

ElementType QuantizedTensor::type() const { return code_type(int_data.dtype(), bits); }

bool QuantizedTensor::has_float_zero_points() const {
  return zero_point && zero_point->dtype() == DType::kF32;
}

Status validate(const QuantizedTensor& tensor) {
  const Shape& shape = tensor.int_data.shape();
  if (shape.rank() != 2)
    return invalid_argument("int_data has shape " + to_string(shape) + ", expected [N, K]");
  OCTET_RETURN_IF_ERROR(check_codes(tensor));
  if (tensor.granularity == Granularity::kBlocked && tensor.block_size <= 0)
    return invalid_argument("block_size is " + std::to_string(tensor.block_size) +
                            ", expected a positive number for a blocked weight");
  const Shape scales = scale_shape(shape, tensor.granularity, tensor.block_size);
  OCTET_RETURN_IF_ERROR(check_extents("scale", tensor.scale, DType::kF32, scales));
  OCTET_RETURN_IF_ERROR(check_values("scale", tensor.scale, false));
  if (tensor.zero_point) OCTET_RETURN_IF_ERROR(check_zero_point(tensor, scales));
  if (tensor.group_index) OCTET_RETURN_IF_ERROR(check_group_index(tensor, scales.back()));
  if (tensor.smoothing) {
    OCTET_RETURN_IF_ERROR(
        check_extents("smoothing", *tensor.smoothing, DType::kF32, Shape{shape[1]}));
    OCTET_RETURN_IF_ERROR(check_values("smoothing", *tensor.smoothing, true));
  }
  return Status::ok();
}

int64_t block_count(int64_t k, int64_t block_size) {
  return k / block_size + (k % block_size != 0 ? 1 : 0);
}

int64_t scale_index(const QuantizedTensor& tensor, int64_t n, int64_t k) {
  switch (tensor.granularity) {
    case Granularity::kPerTensor:
      return 0;
    case Granularity::kPerChannel:
      return n;
    case Granularity::kBlocked:
      return n * tensor.scale.shape()[1] +
             (tensor.group_index
                  ? tensor.group_index->elements<const int32_t>()[static_cast<size_t>(k)]
                  : k / tensor.block_size);
  }
  return 0;
}

QuantizedTensor copy_rows(const QuantizedTensor& tensor, int64_t first, int64_t rows) {
  QuantizedTensor result = tensor;
  result.int_data = copy_leading(tensor.int_data, first, rows);
  const auto component = [&](const Tensor& part) {
    return tensor.granularity == Granularity::kPerTensor ? copy_leading(part, 0, 1)
                                                         : copy_leading(part, first, rows);
  };
  result.scale = component(tensor.scale);
  if (tensor.zero_point) result.zero_point = component(*tensor.zero_point);
  if (tensor.smoothing) result.smoothing = copy_leading(*tensor.smoothing, 0, tensor.k());
  if (tensor.group_index) result.group_index = copy_leading(*tensor.group_index, 0, tensor.k());
  return result;
}

QuantizedTensor spread(const QuantizedTensor& tensor, Granularity granularity, int64_t block_size) {
  if (tensor.granularity == granularity) return tensor;
  QuantizedTensor result = tensor;
  result.granularity = granularity;
  result.block_size = block_size;
  const Shape shape = scale_shape(tensor.int_data.shape(), granularity, block_size);
  const std::vector<int64_t> places = places_of(tensor, shape, block_size);
  result.scale = gather(tensor.scale, places, shape);
  if (tensor.zero_point) result.zero_point = gather(*tensor.zero_point, places, shape);
  return result;
}

bool can_concat_rows(const QuantizedTensor& lhs, const QuantizedTensor& rhs) {
  if (lhs.k() != rhs.k() || lhs.type() != rhs.type() || !same(lhs.smoothing, rhs.smoothing))
    return false;
  const bool blocks = lhs.granularity == Granularity::kBlocked,
             others = rhs.granularity == Granularity::kBlocked;
  if (blocks && others)
    return lhs.block_size == rhs.block_size && same(lhs.group_index, rhs.group_index);
  return true;
}

QuantizedTensor concat_rows(std::span<const QuantizedTensor* const> tensors) {
  QuantizedTensor result = *tensors[0];
  bool zero_points = false, floats = false;
  result.granularity = Granularity::kPerChannel;
  for (const QuantizedTensor* tensor : tensors) {
    zero_points |= tensor->zero_point.has_value();
    floats |= tensor->has_float_zero_points();
    if (tensor->granularity != Granularity::kBlocked) continue;
    result.granularity = Granularity::kBlocked;
    result.block_size = tensor->block_size;
    result.group_index = tensor->group_index;
  }
  const DType zero_point_type = floats ? DType::kF32 : result.int_data.dtype();
  std::vector<Tensor> codes, scales, zeros;
  for (const QuantizedTensor* tensor : tensors) {
    const QuantizedTensor part = spread(*tensor, result.granularity, result.block_size);
    codes.push_back(part.int_data);
    scales.push_back(part.scale);
    if (zero_points) zeros.push_back(zero_points_as(zero_point_type, part));
  }
  result.int_data = stack(codes);
  result.scale = stack(scales);
  result.zero_point.reset();
  if (zero_points) result.zero_point = stack(zeros);
  return result;
}

}  // namespace octet
