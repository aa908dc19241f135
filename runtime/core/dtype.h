// Element types of tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace octet {

enum class DType : uint8_t {
  kF32,
  kF64,
  kF16,
  kBF16,
  kI8,
  kU8,
  kI16,
  kU16,
  kI32,
  kU32,
  kI64,
  kU64,
  kBool,       // one byte, 0 or 1
  kRowParams,  // RowParams: how one row of activations was quantized; internal to a graph
};

// How one row of activations was quantized: x ~ (code - zero_point) * scale.
struct RowParams {
  float scale;
  int32_t zero_point;
  int32_t row_sum;  // sum of the row's codes; wanted where the weights have a zero point
  int32_t unused;
};

// A bfloat16 or float16 number as its 16 bits; arithmetic happens in float.
struct BFloat16 {
  uint16_t bits;
};
struct Float16 {
  uint16_t bits;
};
float to_float(BFloat16 value);
float to_float(Float16 value);
BFloat16 to_bfloat16(float value);  // round to nearest even; NaN stays NaN
Float16 to_float16(float value);    // round to nearest even; overflow gives infinity

// Bytes of one element.
constexpr size_t dtype_size(DType dtype) {
  switch (dtype) {
    case DType::kF64:
    case DType::kI64:
    case DType::kU64:
      return 8;
    case DType::kF32:
    case DType::kI32:
    case DType::kU32:
      return 4;
    case DType::kF16:
    case DType::kBF16:
    case DType::kI16:
    case DType::kU16:
      return 2;
    case DType::kI8:
    case DType::kU8:
    case DType::kBool:
      return 1;
    case DType::kRowParams:
      return sizeof(RowParams);
  }
  return 0;
}

// "float32", "int64", "bool", ...: NumPy's names where NumPy has the type. Static storage.
const char* dtype_name(DType dtype);

constexpr bool is_floating(DType dtype) {
  return dtype == DType::kF32 || dtype == DType::kF64 || dtype == DType::kF16 ||
         dtype == DType::kBF16;
}
constexpr bool is_integer(DType dtype) {
  return !is_floating(dtype) && dtype != DType::kBool && dtype != DType::kRowParams;
}

// The DType of a C++ type: dtype_of<float> == DType::kF32.
template <class T>
struct DTypeOf;
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::kF32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::kF64;
};
template <>
struct DTypeOf<Float16> {
  static constexpr DType value = DType::kF16;
};
template <>
struct DTypeOf<BFloat16> {
  static constexpr DType value = DType::kBF16;
};
template <>
struct DTypeOf<int8_t> {
  static constexpr DType value = DType::kI8;
};
template <>
struct DTypeOf<uint8_t> {
  static constexpr DType value = DType::kU8;
};
template <>
struct DTypeOf<int16_t> {
  static constexpr DType value = DType::kI16;
};
template <>
struct DTypeOf<uint16_t> {
  static constexpr DType value = DType::kU16;
};
template <>
struct DTypeOf<int32_t> {
  static constexpr DType value = DType::kI32;
};
template <>
struct DTypeOf<uint32_t> {
  static constexpr DType value = DType::kU32;
};
template <>
struct DTypeOf<int64_t> {
  static constexpr DType value = DType::kI64;
};
template <>
struct DTypeOf<uint64_t> {
  static constexpr DType value = DType::kU64;
};
template <>
struct DTypeOf<bool> {
  static constexpr DType value = DType::kBool;
};
template <>
struct DTypeOf<RowParams> {
  static constexpr DType value = DType::kRowParams;
};
template <class T>
inline constexpr DType dtype_of = DTypeOf<std::remove_const_t<T>>::value;

}  // namespace octet
