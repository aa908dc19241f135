// Quantization of values and activation rows against numbers worked out by hand and against its
// definition.
#include "kernels/numerics/quantize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "tests/support/tensors.h"

namespace octet::numerics {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

struct Row {
  std::vector<uint8_t> codes;
  RowParams params;
};

Row quantize(const std::vector<float>& src, const std::vector<float>& factors = {}) {
  Row row{std::vector<uint8_t>(src.size(), 77), {}};
  row.params = quantize_row(src.data(), factors.empty() ? nullptr : factors.data(),
                            static_cast<int64_t>(src.size()), row.codes.data());
  return row;
}

TEST(Quantize, RoundsHalfToEvenAndSaturates) {
  EXPECT_EQ(numerics::quantize(0.5f, 1, 0, -128, 127), 0);
  EXPECT_EQ(numerics::quantize(1.5f, 1, 0, -128, 127), 2);
  EXPECT_EQ(numerics::quantize(-2.5f, 1, 0, -128, 127), -2);
  EXPECT_EQ(numerics::quantize(3.0f, 2, 10, -128, 127), 12);  // 1.5 -> 2
  EXPECT_EQ(numerics::quantize(1e30f, 1, 0, -128, 127), 127);
  EXPECT_EQ(numerics::quantize(-kInfinity, 1, 5, -128, 127), -128);
  EXPECT_EQ(numerics::quantize(kNaN, 1, 5, -128, 127), -128);
  EXPECT_EQ(numerics::dequantize(12, 2, 10), 4.0f);
}

TEST(QuantizeRow, UsesTheWholeRange) {
  const Row row = quantize({-1.0f, 0.0f, 1.55f, 0.014f, 0.016f});  // scale 2.55 / 255 = 0.01
  EXPECT_FLOAT_EQ(row.params.scale, 0.01f);
  EXPECT_EQ(row.params.zero_point, 100);
  EXPECT_THAT(row.codes, ElementsAre(0, 100, 255, 101, 102));
  EXPECT_EQ(row.params.row_sum, 0 + 100 + 255 + 101 + 102);
}

TEST(QuantizeRow, RoundsHalfToEven) {
  const Row row = quantize({255.0f, 0.5f, 1.5f, 2.5f, 0.0f});  // scale 1
  EXPECT_THAT(row.codes, ElementsAre(255, 0, 2, 2, 0));
}

TEST(QuantizeRow, ZeroIsAlwaysInTheRange) {
  EXPECT_EQ(quantize({2.0f, 4.0f}).params.zero_point, 0);
  EXPECT_THAT(quantize({4.0f, 4.0f}).codes, ElementsAre(255, 255));
  const Row negative = quantize({-1.0f, -4.0f});
  EXPECT_EQ(negative.params.zero_point, 255);
  EXPECT_THAT(negative.codes, ElementsAre(191, 0));  // 255 - 63.75
}

TEST(QuantizeRow, RowsOfZerosAndOfSubnormalsAreZero) {
  for (float x : {0.0f, -0.0f, 1e-40f, -1e-38f}) {
    const Row row = quantize({x, x / 2});
    EXPECT_EQ(row.params.scale, 1.0f) << x;
    EXPECT_EQ(row.params.zero_point, 0) << x;
    EXPECT_THAT(row.codes, Each(0)) << x;
  }
  EXPECT_EQ(quantize({}).params.scale, 1.0f);
}

TEST(QuantizeRow, SmallestScaleHasAFiniteReciprocal) {
  const Row row = quantize({255 * kSmallestScale, kSmallestScale});
  EXPECT_EQ(row.params.scale, kSmallestScale);
  EXPECT_THAT(row.codes, ElementsAre(255, 1));
}

TEST(QuantizeRow, NonFiniteRowsHaveScaleNaN) {
  const float largest = std::numeric_limits<float>::max();
  for (const auto& src : {std::vector<float>{1, kNaN},
                          {kNaN, 1},
                          {kInfinity, 1},
                          {1, -kInfinity},
                          {largest, -largest}}) {
    const Row row = quantize(src);
    EXPECT_TRUE(std::isnan(row.params.scale));
    EXPECT_EQ(row.params.zero_point, 0);
    EXPECT_EQ(row.params.row_sum, 0);
    EXPECT_THAT(row.codes, Each(0));
  }
}

TEST(QuantizeRow, SmoothingMultipliesFirst) {
  EXPECT_THAT(quantize({1.0f, 100.0f, 2.0f}, {255.0f, 1.0f, 0.25f}).codes,
              ElementsAre(255, 100, 0));
  EXPECT_TRUE(std::isnan(quantize({3e38f, 0.0f}, {2.0f, 1.0f}).params.scale));
}

// |x * reciprocal - (code - zero_point)| <= 1/2 where the code is not clamped, and where it is, the
// zero point's own rounding error, again 1/2. The two roundings of x * reciprocal and the
// reciprocal add 2 * 255 * 2^-24 < 2^-14.
TEST(QuantizeRow, ErrorIsAtMostHalfAStep) {
  test::Random random(1);
  for (int round = 0; round < 200; ++round) {
    const float low = random.uniform(-3, 1), high = low + random.uniform(0.01f, 3);
    std::vector<float> src(97);
    for (float& x : src) x = random.uniform(low, high);
    const Row row = quantize(src);
    int64_t sum = 0;
    for (size_t i = 0; i < src.size(); ++i) {
      const double steps = static_cast<double>(src[i]) / static_cast<double>(row.params.scale);
      EXPECT_NEAR(steps, row.codes[i] - row.params.zero_point, 0.5 + 0x1p-14);
      sum += row.codes[i];
    }
    EXPECT_EQ(row.params.row_sum, sum);
  }
}

}  // namespace
}  // namespace octet::numerics
