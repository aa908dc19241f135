// Activations, softmax, normalization and the epilogue's formula against known values.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "kernels/numerics/activations.h"
#include "kernels/numerics/layer_norm.h"
#include "kernels/numerics/linear_epilogue.h"
#include "kernels/numerics/softmax.h"

namespace octet::numerics {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Values of the normal distribution function times x, to 16 digits; 2^-50 allows for erfc and one
// product.
TEST(Activations, KnownValues) {
  EXPECT_NEAR(gelu(1), 0.8413447460685429, 0x1p-50);
  EXPECT_NEAR(gelu(-1), -0.15865525393145705, 0x1p-50);
  EXPECT_NEAR(gelu(-10) / -7.619853024160527e-23, 1,
              1e-13);  // the tail keeps its relative precision
  EXPECT_NEAR(gelu_tanh(1), 0.8411919906082768, 0x1p-50);
  EXPECT_NEAR(gelu_tanh(-1), -0.15880800939172324, 0x1p-50);
  EXPECT_NEAR(sigmoid(1), 0.7310585786300049, 0x1p-50);
  EXPECT_NEAR(silu(-2), -0.23840584404423515, 0x1p-50);
  EXPECT_NEAR(softplus(0), std::log(2), 0x1p-50);
  EXPECT_EQ(softplus(1000), 1000);
}

TEST(Activations, Limits) {
  EXPECT_EQ(gelu(kInfinity), kInfinity);
  EXPECT_EQ(gelu_tanh(kInfinity), kInfinity);
  EXPECT_EQ(sigmoid(-kInfinity), 0);
  EXPECT_EQ(relu(-kInfinity), 0);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (double (*function)(double) : {gelu, gelu_tanh, sigmoid, silu, relu})
    EXPECT_TRUE(std::isnan(function(nan)));
  for (double (*function)(double) : {gelu, gelu_tanh, silu})
    EXPECT_TRUE(std::isnan(function(-kInfinity)));
  EXPECT_EQ(gelu_tanh(-1e10), 0);
}

TEST(Softmax, SumsToOneWhateverTheOffset) {
  std::vector<double> row{1000, 1000 + std::log(3)};
  softmax(row);
  EXPECT_NEAR(row[0], 0.25, 1e-12);  // the argument near 1000 has an error of 2^-44
  EXPECT_NEAR(row[1], 0.75, 1e-12);
  std::vector<double> logs{0, std::log(3)};
  softmax(logs, true);
  EXPECT_NEAR(logs[0], -std::log(4), 0x1p-50);
}

TEST(Softmax, MaskedKeysAreExactZerosAndEmptyRowsNaN) {
  std::vector<double> row{-kInfinity, 0, -1e4, -3.4e38};
  softmax(row);
  EXPECT_EQ(row, (std::vector<double>{0, 1, 0, 0}));
  std::vector<double> empty{-kInfinity, -kInfinity};
  softmax(empty);
  EXPECT_TRUE(std::isnan(empty[0]) && std::isnan(empty[1]));
}

TEST(Normalize, HasTheBiasedVariance) {
  std::vector<double> row{1, 3, 5, 7};  // mean 4, variance 5
  normalize(row, 4);
  EXPECT_DOUBLE_EQ(row[0], -1);
  EXPECT_DOUBLE_EQ(row[3], 1);
  std::vector<double> constant{1e6, 1e6};
  normalize(constant, 1e-5);
  EXPECT_EQ(constant[0], 0);
}

TEST(LinearEpilogue, ZeroPointsCancelExactly) {
  const int code[] = {255, 0, 7}, weight[] = {-128, 127, 3};
  const int src_zero_point = 9, weights_zero_point = -5;
  int64_t acc = 0, colsum = 0, row_sum = 0, expected = 0;
  for (int k = 0; k < 3; ++k) {
    acc += code[k] * weight[k];
    colsum += weight[k];
    row_sum += code[k];
    expected += (code[k] - src_zero_point) * (weight[k] - weights_zero_point);
  }
  EXPECT_EQ(correct_zero_points(acc, src_zero_point, colsum, weights_zero_point, row_sum, 3),
            expected);
}

TEST(LinearEpilogue, AddsTheBiasWithoutARoundingBetween) {
  // 16777217 rounds to 16777216 as a float; then (2^24)(1 + 2^-23) - 2^24 = 2 needs the exact
  // product.
  EXPECT_EQ(dequantize_sum(16777217, 1.0f, 1.0f + 0x1p-23f, -16777216.0f), 2.0f);
  // (1 + 2^-12)^2 - 1 = 2^-11 + 2^-24: the square alone would round the last term away.
  EXPECT_EQ(dequantize_sum(4097, 0x1p-12f * (1 + 0x1p-12f), 1.0f, -1.0f), 0x1p-11f + 0x1p-24f);
  EXPECT_FALSE(std::signbit(dequantize_sum(0, 1.0f, 1.0f, 0.0f)));
  EXPECT_TRUE(std::isnan(dequantize_sum(0, std::numeric_limits<float>::quiet_NaN(), 1.0f, 1.0f)));
}

}  // namespace
}  // namespace octet::numerics
