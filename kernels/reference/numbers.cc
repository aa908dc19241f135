// Loads and stores with a switch over the type.
#include "kernels/reference/numbers.h"

#include <cmath>
#include <limits>

#include "runtime/core/small_float.h"

namespace octet::reference {
namespace {

template <class T>
T& at(const TensorView& view, int64_t offset) {
  return reinterpret_cast<T*>(view.data)[offset];
}

template <class T>
T saturate(double value) {
  if (std::isnan(value)) return 0;
  // 2^63 and 2^64 are the first doubles beyond the types' largest values.
  if (value <= static_cast<double>(std::numeric_limits<T>::min()))
    return std::numeric_limits<T>::min();
  if (value >= static_cast<double>(std::numeric_limits<T>::max()))
    return std::numeric_limits<T>::max();
  return static_cast<T>(value);
}

}  // namespace

double load_number(const TensorView& view, int64_t offset) {
  switch (view.dtype) {
    case DType::kF32:
      return static_cast<double>(at<float>(view, offset));
    case DType::kF64:
      return at<double>(view, offset);
    case DType::kF16:
      return static_cast<double>(to_float(at<Float16>(view, offset)));
    case DType::kBF16:
      return static_cast<double>(to_float(at<BFloat16>(view, offset)));
    case DType::kU64:
      return static_cast<double>(at<uint64_t>(view, offset));
    default:
      if (is_small_float(view.dtype))
        return static_cast<double>(small_float_value(view.dtype, at<uint8_t>(view, offset)));
      return static_cast<double>(load_integer(view, offset));
  }
}

void store_number(const TensorView& view, int64_t offset, double value) {
  switch (view.dtype) {
    case DType::kF32:
      at<float>(view, offset) = static_cast<float>(value);
      return;
    case DType::kF64:
      at<double>(view, offset) = value;
      return;
    case DType::kF16:
      at<Float16>(view, offset) = to_float16(static_cast<float>(value));
      return;
    case DType::kBF16:
      at<BFloat16>(view, offset) = to_bfloat16(static_cast<float>(value));
      return;
    case DType::kI8:
      at<int8_t>(view, offset) = saturate<int8_t>(value);
      return;
    case DType::kU8:
      at<uint8_t>(view, offset) = saturate<uint8_t>(value);
      return;
    case DType::kI16:
      at<int16_t>(view, offset) = saturate<int16_t>(value);
      return;
    case DType::kU16:
      at<uint16_t>(view, offset) = saturate<uint16_t>(value);
      return;
    case DType::kI32:
      at<int32_t>(view, offset) = saturate<int32_t>(value);
      return;
    case DType::kU32:
      at<uint32_t>(view, offset) = saturate<uint32_t>(value);
      return;
    case DType::kI64:
      at<int64_t>(view, offset) = saturate<int64_t>(value);
      return;
    case DType::kU64:
      at<uint64_t>(view, offset) = saturate<uint64_t>(value);
      return;
    case DType::kBool:
      at<uint8_t>(view, offset) = value != 0;
      return;
    default:
      break;
  }
  if (is_small_float(view.dtype))
    at<uint8_t>(view, offset) = to_small_float(view.dtype, value);
  else
    store_integer(view, offset, saturate<int64_t>(value));
}

int64_t load_integer(const TensorView& view, int64_t offset) {
  switch (view.dtype) {
    case DType::kI8:
      return at<int8_t>(view, offset);
    case DType::kU8:
      return at<uint8_t>(view, offset);
    case DType::kI16:
      return at<int16_t>(view, offset);
    case DType::kU16:
      return at<uint16_t>(view, offset);
    case DType::kI32:
      return at<int32_t>(view, offset);
    case DType::kU32:
      return at<uint32_t>(view, offset);
    case DType::kI64:
      return at<int64_t>(view, offset);
    case DType::kU64:
      return static_cast<int64_t>(at<uint64_t>(view, offset));
    case DType::kBool:
      return at<uint8_t>(view, offset) != 0;
    case DType::kI4:
    case DType::kI2:
      return at<int8_t>(view, offset);
    case DType::kU4:
    case DType::kU2:
      return at<uint8_t>(view, offset);
    default:
      break;
  }
  assert(false && "not an integer type");
  return 0;
}

void store_integer(const TensorView& view, int64_t offset, int64_t value) {
  switch (view.dtype) {
    case DType::kI8:
      at<int8_t>(view, offset) = static_cast<int8_t>(value);
      return;
    case DType::kU8:
      at<uint8_t>(view, offset) = static_cast<uint8_t>(value);
      return;
    case DType::kI16:
      at<int16_t>(view, offset) = static_cast<int16_t>(value);
      return;
    case DType::kU16:
      at<uint16_t>(view, offset) = static_cast<uint16_t>(value);
      return;
    case DType::kI32:
      at<int32_t>(view, offset) = static_cast<int32_t>(value);
      return;
    case DType::kU32:
      at<uint32_t>(view, offset) = static_cast<uint32_t>(value);
      return;
    case DType::kI64:
      at<int64_t>(view, offset) = value;
      return;
    case DType::kU64:
      at<uint64_t>(view, offset) = static_cast<uint64_t>(value);
      return;
    case DType::kBool:
      at<uint8_t>(view, offset) = value != 0;
      return;
    default:
      break;
  }
  assert(is_small_integer(view.dtype));
  const int64_t bits = dtype_bits(view.dtype);
  const int64_t sign = byte_type(view.dtype) == DType::kI8 ? int64_t{1} << (bits - 1) : 0;
  const int64_t lowest_bits = value & ((int64_t{1} << bits) - 1);
  at<uint8_t>(view, offset) = static_cast<uint8_t>((lowest_bits ^ sign) - sign);
}

}  // namespace octet::reference
