// Every code of every small float type against the formula that defines it, and every border
// between two codes.
#include "runtime/core/small_float.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace octet {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// As the table in small_float.h has it, and what the codes are that are no numbers.
struct Definition {
  DType type;
  int exponent_bits, mantissa_bits, bias;
  double largest;
  int infinity, nan;  // codes without sign; -1: none
  bool has_negative_zero;

  int bits() const { return 1 + exponent_bits + mantissa_bits; }
  int sign() const { return 1 << (exponent_bits + mantissa_bits); }
};
constexpr Definition kDefinitions[] = {
    {DType::kF8E4M3FN, 4, 3, 7, 448, -1, 0x7f, true},
    {DType::kF8E4M3FNUZ, 4, 3, 8, 240, -1, 0x80, false},
    {DType::kF8E5M2, 5, 2, 15, 57344, 0x7c, 0x7e, true},
    {DType::kF8E5M2FNUZ, 5, 2, 16, 57344, -1, 0x80, false},
    {DType::kF6E2M3FN, 2, 3, 1, 7.5, -1, -1, true},
    {DType::kF6E3M2FN, 3, 2, 3, 28, -1, -1, true},
    {DType::kF4E2M1FN, 2, 1, 1, 6, -1, -1, true},
};

// (-1)^sign * 2^(exponent - bias) * 1.mantissa, or 2^(1 - bias) * 0.mantissa where the exponent is
// 0; NaN and infinity by their codes.
double defined_value(const Definition& d, int code) {
  const int magnitude = code & (d.sign() - 1);
  const double sign = (code & d.sign()) != 0 ? -1 : 1;
  if (!d.has_negative_zero && code == d.sign()) return kNaN;
  if (d.infinity >= 0 && magnitude >= d.infinity)
    return magnitude == d.infinity ? sign * kInfinity : kNaN;
  if (d.has_negative_zero && magnitude == d.nan) return kNaN;
  const int exponent = magnitude >> d.mantissa_bits;
  const double fraction = std::ldexp(magnitude & ((1 << d.mantissa_bits) - 1), -d.mantissa_bits);
  return sign * (exponent == 0 ? std::ldexp(fraction, 1 - d.bias)
                               : std::ldexp(1 + fraction, exponent - d.bias));
}

uint8_t code_of(const Definition& d, double value, bool saturate = true) {
  return to_small_float(d.type, value, {.saturate = saturate});
}

TEST(SmallFloat, EveryCodeIsWhatItsFormulaSays) {
  for (const Definition& d : kDefinitions) {
    double largest = 0;
    for (int code = 0; code < 1 << d.bits(); ++code) {
      const double expected = defined_value(d, code);
      const auto found = double{small_float_value(d.type, static_cast<uint8_t>(code))};
      if (std::isnan(expected)) {
        EXPECT_TRUE(std::isnan(found)) << dtype_name(d.type) << " " << code;
      } else {
        EXPECT_EQ(found, expected) << dtype_name(d.type) << " " << code;
        EXPECT_EQ(std::signbit(found), std::signbit(expected)) << dtype_name(d.type) << " " << code;
        if (std::isfinite(expected)) largest = std::max(largest, expected);
      }
    }
    EXPECT_EQ(largest, d.largest) << dtype_name(d.type);
  }
}

TEST(SmallFloat, EveryCodeSurvivesTheRoundTrip) {
  for (const Definition& d : kDefinitions)
    for (int code = 0; code < 1 << d.bits(); ++code) {
      const auto value = double{small_float_value(d.type, static_cast<uint8_t>(code))};
      if (std::isnan(value))
        EXPECT_TRUE(std::isnan(small_float_value(d.type, code_of(d, value, false))));
      else
        EXPECT_EQ(code_of(d, value, std::isfinite(value)), code) << dtype_name(d.type);
    }
}

// Between two codes that follow each other the even one is taken at half the way, the nearer one
// beside it, by as little as a double can tell.
TEST(SmallFloat, RoundsToNearestEvenOnce) {
  for (const Definition& d : kDefinitions)
    for (int code = 0; defined_value(d, code) < d.largest; ++code)
      for (const double sign : {1.0, -1.0}) {
        const double low = defined_value(d, code), high = defined_value(d, code + 1);
        const double half = (low + high) / 2;
        const auto expect = [&](double value, int expected) {
          const bool lost_sign = expected == 0 && !d.has_negative_zero;
          EXPECT_EQ(code_of(d, sign * value), expected + (sign < 0 && !lost_sign ? d.sign() : 0))
              << dtype_name(d.type) << " " << sign * value;
        };
        expect(std::nextafter(low, high), code);
        expect(std::nextafter(half, 0), code);
        expect(half, code % 2 == 0 ? code : code + 1);
        expect(std::nextafter(half, kInfinity), code + 1);
        expect(std::nextafter(high, 0), code + 1);
      }
}

// [x] > largest is asked of the rounded number: what still rounds to the largest is in range.
TEST(SmallFloat, BeyondTheLargestItSaturatesOrOverflows) {
  for (const Definition& d : kDefinitions) {
    const int largest = code_of(d, d.largest);
    const double step = d.largest - defined_value(d, largest - 1), half = d.largest + step / 2;
    const bool ties_stay = largest % 2 == 0;
    const bool has_none = d.infinity < 0 && d.nan < 0;
    const int beyond = has_none ? largest : d.infinity >= 0 ? d.infinity : d.nan;
    EXPECT_EQ(code_of(d, std::nextafter(half, 0), false), largest) << dtype_name(d.type);
    EXPECT_EQ(code_of(d, half, false), ties_stay ? largest : beyond) << dtype_name(d.type);
    for (const double value : {std::nextafter(half, kInfinity), 1e6, 1e300, kInfinity}) {
      EXPECT_EQ(code_of(d, value), largest) << dtype_name(d.type) << " " << value;
      EXPECT_EQ(code_of(d, -value), largest | d.sign()) << dtype_name(d.type) << " " << value;
      EXPECT_EQ(code_of(d, value, false), beyond) << dtype_name(d.type) << " " << value;
      EXPECT_EQ(code_of(d, -value, false), beyond | d.sign()) << dtype_name(d.type) << " " << value;
    }
  }
}

TEST(SmallFloat, ZerosAndNaN) {
  for (const Definition& d : kDefinitions) {
    for (const double tiny : {0.0, 1e-12, 1e-320}) {
      EXPECT_EQ(code_of(d, tiny), 0) << dtype_name(d.type);
      EXPECT_EQ(code_of(d, -tiny), d.has_negative_zero ? d.sign() : 0) << dtype_name(d.type);
    }
    for (const bool saturate : {true, false}) {
      EXPECT_EQ(code_of(d, kNaN, saturate), std::max(d.nan, 0)) << dtype_name(d.type);
      EXPECT_EQ(code_of(d, -kNaN, saturate), d.nan < 0 ? 0 : d.nan | d.sign())
          << dtype_name(d.type);
    }
  }
}

TEST(SmallFloat, BitsBeyondTheTypeAreIgnored) {
  EXPECT_EQ(small_float_value(DType::kF4E2M1FN, 0xF7), 6);
  EXPECT_EQ(small_float_value(DType::kF6E2M3FN, 0xDF), 7.5f);
}

uint8_t power_of(double value, PowerRounding rounding, bool saturate = true) {
  return to_small_float(DType::kF8E8M0FNU, value, {saturate, rounding});
}

TEST(PowerOfTwo, EveryCodeIsItsPower) {
  for (int code = 0; code < 255; ++code) {
    const double value = std::ldexp(1, code - 127);
    EXPECT_EQ(small_float_value(DType::kF8E8M0FNU, static_cast<uint8_t>(code)), value);
    for (const PowerRounding rounding :
         {PowerRounding::kUp, PowerRounding::kDown, PowerRounding::kNearest})
      for (const bool saturate : {true, false})
        EXPECT_EQ(power_of(value, rounding, saturate), code);
  }
  EXPECT_TRUE(std::isnan(small_float_value(DType::kF8E8M0FNU, 255)));
}

TEST(PowerOfTwo, BetweenTwoTheRoundingDecides) {
  for (int code = 0; code < 254; ++code) {
    const double low = std::ldexp(1, code - 127), half = 1.5 * low;
    for (const double value : {std::nextafter(low, half), half, std::nextafter(2 * low, 0)}) {
      EXPECT_EQ(power_of(value, PowerRounding::kUp), code + 1);
      EXPECT_EQ(power_of(value, PowerRounding::kDown), code);
      EXPECT_EQ(power_of(value, PowerRounding::kNearest), value < half ? code : code + 1);
    }
    EXPECT_EQ(power_of(std::nextafter(half, 0), PowerRounding::kNearest), code);
  }
}

// The table of ONNX Cast.
TEST(PowerOfTwo, BeyondItsRange) {
  for (const PowerRounding rounding :
       {PowerRounding::kUp, PowerRounding::kDown, PowerRounding::kNearest}) {
    for (const double value : {0.0, -0.0, 0x1p-128, 1e-300}) {
      EXPECT_EQ(power_of(value, rounding), 0);
      EXPECT_EQ(power_of(value, rounding, false), 255);
    }
    for (const double value : {std::nextafter(0x1p127, kInfinity), 1e300, kInfinity}) {
      EXPECT_EQ(power_of(value, rounding), 254);
      EXPECT_EQ(power_of(value, rounding, false), 255);
    }
    for (const double value : {kNaN, -1.0, -kInfinity}) EXPECT_EQ(power_of(value, rounding), 255);
  }
}

}  // namespace
}  // namespace octet
