// Tables of the values, and rounding by way of integers.
#include "runtime/core/small_float.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

namespace octet {
namespace {

struct Format {
  int exponent_bits, mantissa_bits, bias;
  uint8_t largest;   // the code of the largest number
  uint8_t infinity;  // what is beyond it where it doesn't saturate: infinity or NaN
  uint8_t nan;       // with a sign bit of 0; 0: there is none
  bool has_negative_zero = true;

  constexpr int sign_shift() const { return exponent_bits + mantissa_bits; }
  constexpr int least_exponent() const { return 1 - bias; }  // of numbers that aren't subnormal
};

// FNUZ: the NaN is the code that would be -0.
constexpr Format kE4M3FN = {4, 3, 7, 0x7e, 0x7f, 0x7f};
constexpr Format kE4M3FNUZ = {4, 3, 8, 0x7f, 0x80, 0x80, false};
constexpr Format kE5M2 = {5, 2, 15, 0x7b, 0x7c, 0x7e};
constexpr Format kE5M2FNUZ = {5, 2, 16, 0x7f, 0x80, 0x80, false};
constexpr Format kE2M3 = {2, 3, 1, 0x1f, 0x1f, 0};
constexpr Format kE3M2 = {3, 2, 3, 0x1f, 0x1f, 0};
constexpr Format kE2M1 = {2, 1, 1, 0x7, 0x7, 0};

const Format& format_of(DType type) {
  switch (type) {
    case DType::kF8E4M3FN:
      return kE4M3FN;
    case DType::kF8E4M3FNUZ:
      return kE4M3FNUZ;
    case DType::kF8E5M2:
      return kE5M2;
    case DType::kF8E5M2FNUZ:
      return kE5M2FNUZ;
    case DType::kF6E2M3FN:
      return kE2M3;
    case DType::kF6E3M2FN:
      return kE3M2;
    default:
      assert(type == DType::kF4E2M1FN);
      return kE2M1;
  }
}

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// 2^exponent of a normal float.
constexpr float power_of_two(int exponent) {
  return std::bit_cast<float>(static_cast<uint32_t>(exponent + 127) << 23);
}

constexpr float value_of(const Format& format, unsigned code) {
  const unsigned sign = code >> format.sign_shift() & 1u;
  const unsigned magnitude = code & ((1u << format.sign_shift()) - 1u);
  const unsigned mantissa = magnitude & ((1u << format.mantissa_bits) - 1u);
  const auto exponent = static_cast<int>(magnitude >> format.mantissa_bits);
  float value = 0;
  if (!format.has_negative_zero && sign == 1 && magnitude == 0)
    value = kNaN;
  else if (format.nan != 0 && magnitude > format.largest)
    value = magnitude == format.infinity && magnitude != format.nan
                ? std::numeric_limits<float>::infinity()
                : kNaN;
  else if (exponent == 0)
    value =
        static_cast<float>(mantissa) * power_of_two(format.least_exponent() - format.mantissa_bits);
  else
    value = static_cast<float>(mantissa | 1u << format.mantissa_bits) *
            power_of_two(exponent - format.bias - format.mantissa_bits);
  return sign == 1 ? -value : value;
}

using Values = std::array<float, 256>;

constexpr Values values_of(const Format& format) {
  Values values = {};
  for (unsigned code = 0; code < values.size(); ++code) values[code] = value_of(format, code);
  return values;
}

constexpr Values powers() {
  Values values = {};
  values[0] = 0x1p-127f;
  for (int code = 1; code < 255; ++code)
    values[static_cast<size_t>(code)] = power_of_two(code - 127);
  values[255] = kNaN;
  return values;
}

const Values& values_of(DType type) {
  static constexpr Values e4m3fn = values_of(kE4M3FN), e4m3fnuz = values_of(kE4M3FNUZ),
                          e5m2 = values_of(kE5M2), e5m2fnuz = values_of(kE5M2FNUZ),
                          e2m3 = values_of(kE2M3), e3m2 = values_of(kE3M2), e2m1 = values_of(kE2M1),
                          e8m0 = powers();
  switch (type) {
    case DType::kF8E4M3FN:
      return e4m3fn;
    case DType::kF8E4M3FNUZ:
      return e4m3fnuz;
    case DType::kF8E5M2:
      return e5m2;
    case DType::kF8E5M2FNUZ:
      return e5m2fnuz;
    case DType::kF6E2M3FN:
      return e2m3;
    case DType::kF6E3M2FN:
      return e3m2;
    case DType::kF8E8M0FNU:
      return e8m0;
    default:
      assert(type == DType::kF4E2M1FN);
      return e2m1;
  }
}

uint8_t to_power_of_two(double value, const SmallFloatRule& rule) {
  constexpr uint8_t kNotANumber = 255, kLargest = 254;
  constexpr double kLargestValue = 0x1p127, kSmallestValue = 0x1p-127;
  if (!(value >= 0)) return kNotANumber;
  if (value > kLargestValue) return rule.saturate ? kLargest : kNotANumber;
  if (value < kSmallestValue) return rule.saturate ? uint8_t{0} : kNotANumber;
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);  // value = fraction * 2^exponent, < 1
  int code = exponent - 1 + 127;
  const bool up = rule.rounding == PowerRounding::kUp
                      ? fraction > 0.5
                      : rule.rounding == PowerRounding::kNearest && fraction >= 0.75;
  return static_cast<uint8_t>(up ? code + 1 : code);
}

}  // namespace

const char* power_rounding_name(PowerRounding rounding) {
  switch (rounding) {
    case PowerRounding::kUp:
      return "up";
    case PowerRounding::kDown:
      return "down";
    case PowerRounding::kNearest:
      return "nearest";
  }
  return "unknown";
}

float small_float_value(DType type, uint8_t code) { return values_of(type)[code]; }

uint8_t to_small_float(DType type, double value, const SmallFloatRule& rule) {
  if (type == DType::kF8E8M0FNU) return to_power_of_two(value, rule);
  const Format& format = format_of(type);
  const auto sign = static_cast<uint8_t>(std::signbit(value) ? 1 << format.sign_shift() : 0);
  if (std::isnan(value)) return format.nan == 0 ? uint8_t{0} : uint8_t(format.nan | sign);
  const auto beyond =
      static_cast<uint8_t>((rule.saturate ? format.largest : format.infinity) | sign);
  int exponent = 0;
  const double fraction = std::frexp(std::abs(value), &exponent);
  if (fraction == 0) return format.has_negative_zero ? sign : uint8_t{0};
  const int power = std::max(exponent - 1, format.least_exponent());
  if (std::isinf(value) || power > format.bias + 1) return beyond;  // no type reaches so far
  // The magnitude is steps * 2^(power - mantissa_bits). The first step behind the subnormal numbers
  // and behind those of one power is the next code, so that a carry needs no care.
  const auto steps = static_cast<int>(
      std::nearbyint(std::ldexp(fraction, exponent - power + format.mantissa_bits)));
  const int code = ((power - format.least_exponent()) << format.mantissa_bits) + steps;
  if (code > format.largest) return beyond;
  if (code == 0 && !format.has_negative_zero) return 0;
  return static_cast<uint8_t>(code | sign);
}

}  // namespace octet
