// Element types of tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace octet {

// The numbers are those of octet_dtype.
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
  kBool,  // one byte, 0 or 1

  // Small types. Elements of them are moved, cast, quantized and dequantized, but nothing is
  // calculated with them: they are neither is_floating() nor is_integer(). One lies in a byte, also
  // where files and the C API put several there; a float as its code (small_float.h), in the lowest
  // bits, an integer as the int8 or uint8 of its value.
  kF8E4M3FN = 14,
  kF8E4M3FNUZ,
  kF8E5M2,
  kF8E5M2FNUZ,
  kF4E2M1FN,
  kI4,
  kU4,
  kI2,
  kU2,
  kF8E8M0FNU,
  kF6E2M3FN,
  kF6E3M2FN,

  kRowParams = 255,  // RowParams: how one row of activations was quantized; internal to a graph
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
    case DType::kF8E4M3FN:
    case DType::kF8E4M3FNUZ:
    case DType::kF8E5M2:
    case DType::kF8E5M2FNUZ:
    case DType::kF4E2M1FN:
    case DType::kI4:
    case DType::kU4:
    case DType::kI2:
    case DType::kU2:
    case DType::kF8E8M0FNU:
    case DType::kF6E2M3FN:
    case DType::kF6E3M2FN:
      return 1;
    case DType::kRowParams:
      return sizeof(RowParams);
  }
  return 0;
}

constexpr bool is_small_integer(DType dtype) { return dtype >= DType::kI4 && dtype <= DType::kU2; }
constexpr bool is_small_float(DType dtype) {
  return dtype >= DType::kF8E4M3FN && dtype <= DType::kF6E3M2FN && !is_small_integer(dtype);
}
constexpr bool is_small(DType dtype) { return is_small_integer(dtype) || is_small_float(dtype); }

// Bits that one element uses.
constexpr int dtype_bits(DType dtype) {
  switch (dtype) {
    case DType::kI2:
    case DType::kU2:
      return 2;
    case DType::kF4E2M1FN:
    case DType::kI4:
    case DType::kU4:
      return 4;
    case DType::kF6E2M3FN:
    case DType::kF6E3M2FN:
      return 6;
    default:
      return static_cast<int>(8 * dtype_size(dtype));
  }
}
// Whether several elements share a byte wherever Octet does not keep them itself.
constexpr bool is_packed(DType dtype) { return dtype_bits(dtype) < 8; }
// Bytes of `elements` there.
constexpr int64_t packed_bytes(int64_t elements, DType dtype) {
  const int64_t bits = dtype_bits(dtype);
  return elements / 8 * bits + (elements % 8 * bits + 7) / 8;
}
// What a byte of a small type is to who does not care for its width: kI8 or kU8, of which the
// values of a small integer and the code of a float are some. Other types as they are.
constexpr DType byte_type(DType dtype) {
  if (dtype == DType::kI4 || dtype == DType::kI2) return DType::kI8;
  return is_small(dtype) ? DType::kU8 : dtype;
}

// "float32", "int64", "bool", ...: NumPy's names, and those of its ml_dtypes. Static storage.
const char* dtype_name(DType dtype);

constexpr bool is_floating(DType dtype) {
  return dtype == DType::kF32 || dtype == DType::kF64 || dtype == DType::kF16 ||
         dtype == DType::kBF16;
}
constexpr bool is_integer(DType dtype) { return dtype >= DType::kI8 && dtype <= DType::kU64; }

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
