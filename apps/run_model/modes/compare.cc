// Element by element comparison.
#include "apps/run_model/modes/compare.h"

#include <fmt/format.h>

#include <cmath>
#include <type_traits>

#include "runtime/core/small_float.h"

namespace octet::app {
namespace {

std::string index_text(const octet_tensor& tensor, int64_t flat) {
  std::string text;
  for (int32_t axis = tensor.rank - 1; axis >= 0; --axis) {
    text = std::to_string(flat % tensor.dims[axis]) + (text.empty() ? "" : ", ") + text;
    flat /= tensor.dims[axis];
  }
  return "[" + text + "]";
}

template <class T>
double to_double(T value) {
  if constexpr (std::is_arithmetic_v<T>) {
    return static_cast<double>(value);
  } else {
    return static_cast<double>(to_float(value));
  }
}

// An element of a small float type.
template <DType kType>
struct SmallFloat {
  uint8_t code;
};
template <DType kType>
float to_float(SmallFloat<kType> value) {
  return small_float_value(kType, value.code);
}

template <class T>
bool close(T actual, T expected, double rtol, double atol) {
  if constexpr (std::is_integral_v<T>) {
    return actual == expected;
  } else {
    const double a = to_double(actual), e = to_double(expected);
    if (std::isnan(a) || std::isnan(e)) return std::isnan(a) && std::isnan(e);
    if (std::isinf(a) || std::isinf(e)) return a == e;
    return std::abs(a - e) <= atol + rtol * std::abs(e);
  }
}

template <class T>
Comparison compare_as(const octet_tensor& actual, const Array& expected, double rtol, double atol) {
  const T* found = static_cast<const T*>(actual.data);
  const T* wanted = reinterpret_cast<const T*>(expected.data.get());
  Comparison result;
  double product = 0, found_square = 0, wanted_square = 0;
  for (int64_t i = 0; i < expected.element_count(); ++i) {
    const double a = to_double(found[i]), e = to_double(wanted[i]);
    result.found_not_finite += !std::isfinite(a);
    result.expected_not_finite += !std::isfinite(e);
    if (std::isfinite(a) && std::isfinite(e)) {
      ++result.finite;
      result.max_abs = std::max(result.max_abs, std::abs(a - e));
      product += a * e;
      found_square += a * a;
      wanted_square += e * e;
    }
    if (close(found[i], wanted[i], rtol, atol)) continue;
    if (result.count++ == 0)
      result.difference =
          fmt::format("{}: found {:.9g}, expected {:.9g}", index_text(actual, i), a, e);
  }
  result.match = result.count == 0;
  if (found_square > 0 || wanted_square > 0) {
    const double norms = std::sqrt(found_square) * std::sqrt(wanted_square);
    result.cosine = norms > 0 ? product / norms : 0;
  }
  return result;
}

}  // namespace

std::string Comparison::summary() const {
  const bool all = found_not_finite == 0 && expected_not_finite == 0;
  if (finite == 0 && all) return "nothing to compare";
  const std::string counts =
      fmt::format("NaN or infinite: {} found, {} expected", found_not_finite, expected_not_finite);
  if (finite == 0) return "no element is finite in both (" + counts + ")";
  const std::string text = fmt::format("max abs difference {:.3g}, cosine {:.6f}", max_abs, cosine);
  return all ? text : fmt::format("{} over the {} finite in both ({})", text, finite, counts);
}

Comparison compare(const octet_tensor& actual, const Array& expected, double rtol, double atol) {
  const std::string found = describe(actual), wanted = expected.describe();
  if (found != wanted)
    return {.match = false, .difference = fmt::format(": found {}, expected {}", found, wanted)};
  switch (actual.dtype) {
    case OCTET_FLOAT32:
      return compare_as<float>(actual, expected, rtol, atol);
    case OCTET_FLOAT64:
      return compare_as<double>(actual, expected, rtol, atol);
    case OCTET_FLOAT16:
      return compare_as<Float16>(actual, expected, rtol, atol);
    case OCTET_BFLOAT16:
      return compare_as<BFloat16>(actual, expected, rtol, atol);
    case OCTET_FLOAT8_E4M3FN:
      return compare_as<SmallFloat<DType::kF8E4M3FN>>(actual, expected, rtol, atol);
    case OCTET_FLOAT8_E4M3FNUZ:
      return compare_as<SmallFloat<DType::kF8E4M3FNUZ>>(actual, expected, rtol, atol);
    case OCTET_FLOAT8_E5M2:
      return compare_as<SmallFloat<DType::kF8E5M2>>(actual, expected, rtol, atol);
    case OCTET_FLOAT8_E5M2FNUZ:
      return compare_as<SmallFloat<DType::kF8E5M2FNUZ>>(actual, expected, rtol, atol);
    case OCTET_FLOAT8_E8M0FNU:
      return compare_as<SmallFloat<DType::kF8E8M0FNU>>(actual, expected, rtol, atol);
    case OCTET_FLOAT6_E2M3FN:
      return compare_as<SmallFloat<DType::kF6E2M3FN>>(actual, expected, rtol, atol);
    case OCTET_FLOAT6_E3M2FN:
      return compare_as<SmallFloat<DType::kF6E3M2FN>>(actual, expected, rtol, atol);
    case OCTET_FLOAT4_E2M1FN:
      return compare_as<SmallFloat<DType::kF4E2M1FN>>(actual, expected, rtol, atol);
    case OCTET_INT4:
    case OCTET_INT2:
    case OCTET_INT8:
      return compare_as<int8_t>(actual, expected, rtol, atol);
    case OCTET_INT16:
      return compare_as<int16_t>(actual, expected, rtol, atol);
    case OCTET_UINT16:
      return compare_as<uint16_t>(actual, expected, rtol, atol);
    case OCTET_INT32:
      return compare_as<int32_t>(actual, expected, rtol, atol);
    case OCTET_UINT32:
      return compare_as<uint32_t>(actual, expected, rtol, atol);
    case OCTET_INT64:
      return compare_as<int64_t>(actual, expected, rtol, atol);
    case OCTET_UINT64:
      return compare_as<uint64_t>(actual, expected, rtol, atol);
    default:
      return compare_as<uint8_t>(actual, expected, rtol, atol);  // unsigned bytes and bool
  }
}

}  // namespace octet::app
