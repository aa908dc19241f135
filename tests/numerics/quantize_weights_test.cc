// Quantization of weights against codes worked out by hand.
#include "kernels/numerics/quantize_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/tensors.h"

namespace octet::numerics {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(QuantizeWeights, OneSymmetricScalePerRow) {
  const Tensor weights = test::make_tensor<float>({3, 4}, {127, -127, 63.5f, 62.5f,  //
                                                           0, 0, -0.0f, 0,           //
                                                           -254, 1, 2, 3});
  const QuantizedTensor tensor = quantize_weights_per_channel(weights, nullptr).value();
  EXPECT_TRUE(validate(tensor).is_ok()) << validate(tensor).message();
  EXPECT_EQ(tensor.granularity, Granularity::kPerChannel);
  EXPECT_FALSE(tensor.zero_point || tensor.smoothing);
  EXPECT_THAT(tensor.scale.elements<float>(), ElementsAre(1.0f, 1.0f, 2.0f));
  EXPECT_THAT(tensor.int_data.elements<int8_t>(),
              ElementsAre(127, -127, 64, 62, 0, 0, 0, 0, -127, 0, 1, 2));  // 1/2 -> 0, 3/2 -> 2
}

TEST(QuantizeWeights, BlocksHaveTheirLargestElementExact) {
  const Tensor weights = test::make_tensor<float>({2, 5}, {8, -4, 1, 0.5f, -2,  //
                                                           0, 0, -0.8f, 0.4f, 0});
  const QuantizedTensor tensor = quantize_weights_in_blocks(weights, 4, 2).value();
  EXPECT_TRUE(validate(tensor).is_ok()) << validate(tensor).message();
  EXPECT_EQ(tensor.bits, 4);
  EXPECT_THAT(tensor.scale.elements<float>(), ElementsAre(-1.0f, -0.125f, 0.25f, 1.0f, 0.1f, 1.0f));
  EXPECT_THAT(tensor.int_data.elements<int8_t>(), ElementsAre(-8, 4, -8, -4, -8,  //
                                                              0, 0, -8, 4, 0));
  EXPECT_THAT(
      quantize_weights_in_blocks(test::make_tensor<float>({1, 1}, {NAN}), 4, 32).status().message(),
      HasSubstr("weights[0, 0] is nan"));
}

TEST(QuantizeWeights, BlocksKeepWithinHalfAStep) {
  const Tensor weights = test::random_floats({7, 100}, 5);
  const QuantizedTensor tensor = quantize_weights_in_blocks(weights, 4, 32).value();
  EXPECT_EQ(tensor.scale.shape(), (Shape{7, 4}));
  const auto found = test::to_doubles(dequantize_weights(tensor)),
             expected = test::to_doubles(weights);
  for (int64_t i = 0; i < 700; ++i) {
    const double step = std::abs(
        tensor.scale
            .elements<const float>()[static_cast<size_t>(scale_index(tensor, i / 100, i % 100))]);
    // The code 8 does not exist: what is nearer to it than to 7 gets 7.
    EXPECT_LE(std::abs(found[static_cast<size_t>(i)] - expected[static_cast<size_t>(i)]),
              step * (1 + 1e-6));
  }
}

TEST(QuantizeWeights, ReadsAnyStrides) {
  const Tensor weights = test::random_floats({5, 7}, 3);
  const QuantizedTensor plain = quantize_weights_per_channel(weights, nullptr).value();
  const QuantizedTensor strided =
      quantize_weights_per_channel(test::strided_copy(weights), nullptr).value();
  EXPECT_EQ(test::to_doubles(plain.int_data), test::to_doubles(strided.int_data));
  EXPECT_EQ(test::to_doubles(plain.scale), test::to_doubles(strided.scale));
}

TEST(QuantizeWeights, SmoothingScalesTheColumnsAndComesBackOut) {
  const Tensor weights = test::make_tensor<float>({1, 3}, {10, 127, 4});
  const float smoothing[] = {12.7f, 1, 0.5f};
  const QuantizedTensor tensor = quantize_weights_per_channel(weights, smoothing).value();
  EXPECT_TRUE(validate(tensor).is_ok());
  EXPECT_THAT(tensor.int_data.elements<int8_t>(), ElementsAre(127, 127, 2));
  EXPECT_THAT(tensor.smoothing->elements<float>(), ElementsAre(12.7f, 1.0f, 0.5f));
  EXPECT_THAT(test::to_doubles(dequantize_weights(tensor)),
              ElementsAre(static_cast<double>(127.0f / 12.7f), 127.0, 4.0));
}

TEST(QuantizeWeights, SubnormalChannelsCountAsZero) {
  const Tensor weights = test::make_tensor<float>({1, 2}, {1e-40f, -1e-37f});
  const QuantizedTensor tensor = quantize_weights_per_channel(weights, nullptr).value();
  EXPECT_EQ(tensor.scale.elements<float>()[0], 1.0f);
  EXPECT_THAT(tensor.int_data.elements<int8_t>(), Each(0));
}

// scale/2 of rounding, and the roundings of w / scale (a quotient up to 127) and of the product: 3
// * 127 * 2^-24 steps.
TEST(QuantizeWeights, DequantizedWeightsAreHalfAStepAway) {
  const Tensor weights = test::random_floats({20, 50}, 5, -0.3f, 0.2f);
  const QuantizedTensor tensor = quantize_weights_per_channel(weights, nullptr).value();
  const std::vector<double> before = test::to_doubles(weights),
                            after = test::to_doubles(dequantize_weights(tensor));
  for (size_t i = 0; i < before.size(); ++i) {
    const auto scale = static_cast<double>(tensor.scale.elements<float>()[i / 50]);
    EXPECT_NEAR(before[i], after[i], scale * (0.5 + 381 * 0x1p-24));
  }
}

TEST(QuantizeWeights, ErrorsNameTheElement) {
  Tensor weights = test::random_floats({2, 3}, 1);
  weights.elements<float>()[5] = std::numeric_limits<float>::quiet_NaN();
  Status status = quantize_weights_per_channel(weights, nullptr).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("weights[1, 2] is nan"));

  weights.elements<float>()[5] = 3e38f;
  const float smoothing[] = {1, 1, 2};
  EXPECT_THAT(quantize_weights_per_channel(weights, smoothing).status().message(),
              HasSubstr("weights[1, 2] is 3000000"));
  const float bad_smoothing[] = {1, 0, 1};
  EXPECT_THAT(quantize_weights_per_channel(weights, bad_smoothing).status().message(),
              HasSubstr("smoothing[1] is 0"));
  EXPECT_THAT(quantize_weights_per_channel(test::random_floats({3}, 1), nullptr).status().message(),
              HasSubstr("expected [N, K]"));
  EXPECT_THAT(
      quantize_weights_per_channel(test::random_integers(DType::kI8, {2, 2}, 1, 0, 9), nullptr)
          .status()
          .message(),
      HasSubstr("weights are int8, expected float32"));
}

TEST(DequantizeWeights, BlocksHaveTheirOwnScaleAndZeroPoint) {
  QuantizedTensor tensor;
  tensor.int_data = test::make_tensor<uint8_t>({2, 3}, {10, 20, 30, 40, 50, 60});
  tensor.granularity = Granularity::kBlocked;
  tensor.block_size = 2;
  tensor.scale = test::make_tensor<float>({2, 2}, {1, 2, 3, 4});
  tensor.zero_point = test::make_tensor<uint8_t>({2, 2}, {10, 20, 30, 255});
  ASSERT_TRUE(validate(tensor).is_ok());
  EXPECT_THAT(test::to_doubles(dequantize_weights(tensor)), ElementsAre(0, 10, 20, 30, 60, -780));
}

}  // namespace
}  // namespace octet::numerics
