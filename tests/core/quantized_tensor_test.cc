// validate(): the components of a quantized weight fit each other.
#include "runtime/core/quantized_tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace octet {
namespace {

using ::testing::HasSubstr;

Tensor filled(const Shape& shape, float value) {
  Tensor tensor(DType::kF32, shape);
  for (float& element : tensor.elements<float>()) element = value;
  return tensor;
}

QuantizedTensor per_channel() {
  QuantizedTensor tensor;
  tensor.int_data = Tensor(DType::kI8, {3, 4});
  tensor.scale = filled({3}, 0.5f);
  return tensor;
}

TEST(QuantizedTensor, AcceptsEachGranularity) {
  QuantizedTensor tensor = per_channel();
  EXPECT_TRUE(validate(tensor).is_ok());
  EXPECT_EQ(tensor.n(), 3);
  EXPECT_EQ(tensor.k(), 4);
  tensor.zero_point = Tensor(DType::kI8, {3});
  tensor.smoothing = filled({4}, 2);
  EXPECT_TRUE(validate(tensor).is_ok());
  tensor = per_channel();
  tensor.granularity = Granularity::kPerTensor;
  tensor.scale = filled({1}, 1);
  EXPECT_TRUE(validate(tensor).is_ok());
  tensor.granularity = Granularity::kBlocked;
  tensor.block_size = 3;
  tensor.scale = filled({3, 2}, 1);
  EXPECT_TRUE(validate(tensor).is_ok());
}

TEST(QuantizedTensor, NamesTheComponentThatDoesNotFit) {
  QuantizedTensor tensor = per_channel();
  tensor.scale = filled({4}, 1);
  EXPECT_EQ(validate(tensor).message(), "scale has shape 4, expected 3");
  tensor = per_channel();
  tensor.zero_point = Tensor(DType::kU8, {3});
  EXPECT_EQ(validate(tensor).message(), "zero_point is uint8, expected int8");
  tensor = per_channel();
  tensor.smoothing = filled({3}, 1);
  EXPECT_EQ(validate(tensor).message(), "smoothing has shape 3, expected 4");
  tensor = per_channel();
  tensor.int_data = Tensor(DType::kI8, {12});
  EXPECT_THAT(validate(tensor).message(), HasSubstr("expected [N, K]"));
  tensor = per_channel();
  tensor.int_data = Tensor(DType::kF32, {3, 4});
  EXPECT_THAT(validate(tensor).message(), HasSubstr("expected int8 or uint8"));
  tensor = per_channel();
  tensor.granularity = Granularity::kBlocked;
  EXPECT_THAT(validate(tensor).message(), HasSubstr("block_size is 0"));
}

TEST(QuantizedTensor, ScalesAreAnyFiniteNumbersAndSmoothingIsPositive) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (float value : {0.0f, -1.0f, kInfinity, std::nanf("")}) {
    QuantizedTensor tensor = per_channel();
    tensor.scale.elements<float>()[1] = value;
    if (std::isfinite(value))
      EXPECT_TRUE(validate(tensor).is_ok()) << value;
    else
      EXPECT_THAT(validate(tensor).message(), HasSubstr("scale[1] is")) << value;
    tensor = per_channel();
    tensor.smoothing = Tensor(DType::kF32, {4});
    for (float& factor : tensor.smoothing->elements<float>()) factor = 1;
    tensor.smoothing->elements<float>()[2] = value;
    EXPECT_THAT(validate(tensor).message(), HasSubstr("smoothing[2] is")) << value;
  }
}

}  // namespace
}  // namespace octet
