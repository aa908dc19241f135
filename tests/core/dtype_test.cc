// Conversions of the 16-bit floats.
#include "runtime/core/dtype.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace octet {
namespace {

uint16_t half_bits(float value) { return to_float16(value).bits; }
uint16_t bfloat_bits(float value) { return to_bfloat16(value).bits; }

TEST(Float16, EveryValueSurvivesTheRoundTrip) {
  for (uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const Float16 half{static_cast<uint16_t>(bits)};
    const float value = to_float(half);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(to_float(to_float16(value))));
    } else {
      ASSERT_EQ(half_bits(value), bits) << value;
    }
  }
}

TEST(Float16, RoundsHalfToEven) {
  EXPECT_EQ(half_bits(1.0f), 0x3c00);
  EXPECT_EQ(half_bits(1.0f + 0x1p-11f), 0x3c00);  // halfway between 1 and 1 + 2^-10: to the even 1
  EXPECT_EQ(half_bits(1.0f + 3 * 0x1p-11f), 0x3c02);         // halfway: up to the even one
  EXPECT_EQ(half_bits(1.0f + 0x1p-11f + 0x1p-20f), 0x3c01);  // just above halfway
  EXPECT_EQ(half_bits(-2.0f), 0xc000);
  EXPECT_EQ(half_bits(0x1p-24f), 0x0001);
  EXPECT_EQ(half_bits(0x1p-25f), 0x0000);
  EXPECT_EQ(half_bits(-0.0f), 0x8000);
}

TEST(Float16, OverflowIsInfinity) {
  EXPECT_EQ(half_bits(65504.0f), 0x7bff);
  EXPECT_EQ(half_bits(65519.0f), 0x7bff);
  EXPECT_EQ(half_bits(65520.0f), 0x7c00);
  EXPECT_EQ(half_bits(-std::numeric_limits<float>::infinity()), 0xfc00);
}

TEST(BFloat16, EveryValueSurvivesTheRoundTrip) {
  for (uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const BFloat16 value{static_cast<uint16_t>(bits)};
    if (std::isnan(to_float(value))) {
      EXPECT_TRUE(std::isnan(to_float(to_bfloat16(to_float(value)))));
    } else {
      ASSERT_EQ(bfloat_bits(to_float(value)), bits);
    }
  }
}

TEST(BFloat16, RoundsHalfToEven) {
  EXPECT_EQ(bfloat_bits(1.0f + 0x1p-8f), 0x3f80);
  EXPECT_EQ(bfloat_bits(1.0f + 3 * 0x1p-8f), 0x3f82);
  EXPECT_EQ(bfloat_bits(1.0f + 0x1p-8f + 0x1p-20f), 0x3f81);
  EXPECT_EQ(bfloat_bits(std::numeric_limits<float>::max()), 0x7f80);
  // The payload of this NaN lies in the bits that are cut off.
  EXPECT_TRUE(std::isnan(to_float(to_bfloat16(std::bit_cast<float>(0x7f800001u)))));
}

}  // namespace
}  // namespace octet
