// Quantize and Dequantize against the standard's words, with every kind of scale and of code.
#include "runtime/ops/quantize.h"

#include <cmath>
#include <limits>

#include "tests/reference/evaluate.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsNan;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

Tensor scalar(float value) { return make_tensor<float>({}, {value}); }

TEST(Quantize, RoundsHalvesToEvenAndSaturates) {
  const Tensor src = floats({-0.5f, 0.5f, 1.5f, 2.5f, -1000, 1000});
  EXPECT_THAT(values(QuantizeAttrs{}, {src, scalar(1), make_tensor<uint8_t>({}, {10})}),
              ElementsAre(10, 10, 12, 12, 0, 255));
  EXPECT_THAT(
      values(QuantizeAttrs{DType::kI8, {}}, {src, scalar(1), make_tensor<int8_t>({}, {-3})}),
      ElementsAre(-3, -3, -1, -1, -128, 127));
  EXPECT_THAT(values(QuantizeAttrs{DType::kI16, {}}, {src, scalar(0.01f)}),
              ElementsAre(-50, 50, 150, 250, -32768, 32767));
}

TEST(Quantize, ToFewBits) {
  const Tensor src = floats({-100, -3, 0, 3, 100});
  EXPECT_THAT(values(QuantizeAttrs{DType::kI4, {}}, {src, scalar(1)}),
              ElementsAre(-8, -3, 0, 3, 7));
  EXPECT_THAT(values(QuantizeAttrs{DType::kU4, {}}, {src, scalar(1)}), ElementsAre(0, 0, 0, 3, 15));
  EXPECT_THAT(values(QuantizeAttrs{DType::kI2, {}}, {src, scalar(1)}),
              ElementsAre(-2, -2, 0, 1, 1));
  EXPECT_THAT(values(QuantizeAttrs{DType::kU2, {}}, {src, scalar(1)}), ElementsAre(0, 0, 0, 3, 3));
}

TEST(Quantize, WhatIsNoNumberBecomesTheLowestCode) {
  const Tensor src = floats({kNaN, kInfinity, -kInfinity, 0});
  const Tensor zero_point = make_tensor<uint8_t>({}, {7});
  EXPECT_THAT(values(QuantizeAttrs{}, {src, scalar(1), zero_point}), ElementsAre(0, 255, 0, 7));
  EXPECT_THAT(values(QuantizeAttrs{}, {floats({1, -1, 0}), scalar(0), zero_point}),
              ElementsAre(255, 0, 0));
  EXPECT_THAT(values(QuantizeAttrs{}, {floats({1, -kInfinity}), scalar(kInfinity), zero_point}),
              ElementsAre(7, 0));
  EXPECT_THAT(values(QuantizeAttrs{}, {floats({1, -1, 0}), scalar(-1), zero_point}),
              ElementsAre(6, 8, 7));
}

TEST(Quantize, AlongAnAxisAndInBlocks) {
  const Tensor src = make_tensor<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_THAT(values(QuantizeAttrs{DType::kU8, {0, 0}}, {src, floats({1, 2})}),
              ElementsAre(1, 2, 3, 2, 2, 3));
  EXPECT_THAT(values(QuantizeAttrs{DType::kU8, {1, 0}},
                     {src, floats({1, 2, 3}), make_tensor<uint8_t>({3}, {0, 10, 20})}),
              ElementsAre(1, 11, 21, 4, 12, 22));
  // Blocks of two along axis 1, of which the second has one element.
  EXPECT_THAT(
      values(QuantizeAttrs{DType::kU8, {1, 2}}, {src, make_tensor<float>({2, 2}, {1, 3, 2, 6})}),
      ElementsAre(1, 2, 1, 2, 2, 1));
}

// saturate((x / scale) + zero_point): 448 is the largest of float8_e4m3fn, 6 of float4_e2m1fn.
TEST(Quantize, ToFloats) {
  const Tensor src = floats({0.3f, -3, 1000, -1e6f, kInfinity, kNaN});
  EXPECT_THAT(values(QuantizeAttrs{DType::kF8E4M3FN, {}}, {src, scalar(2)}),
              ElementsAre(0.15625, -1.5, 448, -448, 448, IsNan()));
  EXPECT_THAT(values(QuantizeAttrs{.type = DType::kF8E4M3FN, .saturate = false}, {src, scalar(2)}),
              ElementsAre(0.15625, -1.5, IsNan(), IsNan(), IsNan(), IsNan()));
  EXPECT_THAT(values(QuantizeAttrs{.type = DType::kF8E5M2, .saturate = false}, {src, scalar(2)}),
              ElementsAre(0.15625, -1.5, 512, -kInfinity, kInfinity, IsNan()));
  EXPECT_THAT(values(QuantizeAttrs{DType::kF4E2M1FN, {}}, {src, scalar(2)}),
              ElementsAre(0, -1.5, 6, -6, 6, 0));
  const Tensor zero_point = convert_floats(floats({1}), DType::kF8E5M2);
  EXPECT_THAT(values(QuantizeAttrs{DType::kF8E5M2, {}}, {src, floats({2}), zero_point}),
              ElementsAre(1.25, -0.5, 512, -57344, 57344, IsNan()));
}

TEST(Quantize, FloatsAlongAnAxisAndInBlocks) {
  const Tensor src = make_tensor<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_THAT(values(QuantizeAttrs{DType::kF8E4M3FN, {0, 0}}, {src, floats({1, 2})}),
              ElementsAre(1, 2, 3, 2, 2.5, 3));
  EXPECT_THAT(values(QuantizeAttrs{DType::kF4E2M1FN, {1, 2}},
                     {src, make_tensor<float>({2, 2}, {1, 3, 2, 6})}),
              ElementsAre(1, 2, 1, 2, 2 /* of 2.5 */, 1));
}

TEST(Quantize, ByPowersOfTwoAndIntegers) {
  const Tensor src = floats({1, 3, 100});
  const Tensor power = convert_floats(floats({4}), DType::kF8E8M0FNU);
  EXPECT_THAT(values(QuantizeAttrs{}, {src, power}), ElementsAre(0, 1, 25));
  EXPECT_THAT(values(QuantizeAttrs{}, {src, make_tensor<int32_t>({1}, {4})}),
              ElementsAre(0, 1, 25));
}

// Float16 has no 2049, and 3.5 is the nearest that it has to 3.4997; of bfloat16 the same.
TEST(Quantize, DividesInTheGivenPrecision) {
  const Tensor src = floats({3.4997f, 2049});
  const auto with = [&](DType precision) {
    return values(QuantizeAttrs{.type = DType::kU16, .precision = precision}, {src, scalar(1)});
  };
  EXPECT_THAT(with(DType::kF32), ElementsAre(3, 2049));
  EXPECT_THAT(with(DType::kF64), ElementsAre(3, 2049));
  EXPECT_THAT(with(DType::kF16), ElementsAre(4, 2048));
  EXPECT_THAT(with(DType::kBF16), ElementsAre(4, 2048));
}

TEST(Dequantize, Floats) {
  const Tensor codes = convert_floats(floats({0.5f, -448, 1}), DType::kF8E4M3FN);
  EXPECT_THAT(values(DequantizeAttrs{}, {codes, scalar(2)}), ElementsAre(1, -896, 2));
  EXPECT_THAT(values(DequantizeAttrs{},
                     {codes, floats({2}), convert_floats(floats({1}), DType::kF8E4M3FN)}),
              ElementsAre(-1, -898, 0));
  const Tensor power = convert_floats(floats({0.25f}), DType::kF8E8M0FNU);
  EXPECT_THAT(values(DequantizeAttrs{DType::kF16, {}}, {codes, power}),
              ElementsAre(0.125, -112, 0.25));
  EXPECT_THAT(values(DequantizeAttrs{},
                     {convert_floats(floats({6, -0.5f}), DType::kF4E2M1FN), floats({3, 4})}),
              ElementsAre(18, -2));
}

TEST(Dequantize, EveryType) {
  EXPECT_THAT(values(DequantizeAttrs{}, {make_tensor<uint8_t>({3}, {0, 128, 255}), scalar(0.5f),
                                         make_tensor<uint8_t>({}, {128})}),
              ElementsAre(-64, 0, 63.5));
  EXPECT_THAT(values(DequantizeAttrs{}, {make_tensor<int8_t>({2}, {-128, 127}), scalar(-2)}),
              ElementsAre(256, -254));
  EXPECT_THAT(values(DequantizeAttrs{}, {make_tensor<int16_t>({2}, {-32768, 32767}), scalar(2),
                                         make_tensor<int16_t>({}, {1})}),
              ElementsAre(-65538, 65532));
  EXPECT_THAT(values(DequantizeAttrs{}, {make_tensor<uint16_t>({1}, {65535}), scalar(1)}),
              ElementsAre(65535));
  // The difference of two i32 may need 33 bits.
  EXPECT_THAT(values(DequantizeAttrs{}, {make_tensor<int32_t>({1}, {2147483647}), scalar(1),
                                         make_tensor<int32_t>({}, {-2147483647})}),
              ElementsAre(4294967296.0));
}

TEST(Dequantize, AlongAnAxisAndInBlocks) {
  const Tensor codes = make_tensor<int8_t>({2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_THAT(values(DequantizeAttrs{DType::kF32, {0, 0}}, {codes, floats({1, 10})}),
              ElementsAre(1, 2, 3, 40, 50, 60));
  EXPECT_THAT(
      values(DequantizeAttrs{DType::kF32, {0, 2}}, {codes, make_tensor<float>({1, 3}, {1, 10, 100}),
                                                    make_tensor<int8_t>({1, 3}, {1, 1, 1})}),
      ElementsAre(0, 10, 200, 3, 40, 500));
}

TEST(Dequantize, RoundsOnceToANarrowType) {
  const Tensor scale = convert_floats(floats({0.1f}), DType::kF16);
  const auto found =
      values(DequantizeAttrs{DType::kF16, {}}, {make_tensor<int8_t>({1}, {3}), scale});
  const float exact = 3 * to_float(scale.elements<const Float16>()[0]);
  EXPECT_EQ(found[0], to_float(to_float16(exact)));
}

TEST(Quantize, RefusesWhatDoesNotFit) {
  const auto refused = [](const Attributes& attributes, const std::vector<Tensor>& inputs) {
    return evaluate_reference(attributes, inputs).status().message();
  };
  const Tensor src = make_tensor<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_THAT(refused(QuantizeAttrs{DType::kU8, {1, 0}}, {src, floats({1, 2})}),
              testing::HasSubstr("axis"));
  EXPECT_THAT(refused(QuantizeAttrs{}, {src, scalar(1), make_tensor<int8_t>({}, {0})}),
              testing::HasSubstr("input 2 is int8[], expected uint8"));
  EXPECT_THAT(refused(QuantizeAttrs{DType::kU8, {1, 2}}, {src, floats({1, 2})}),
              testing::HasSubstr("rank 2"));
  EXPECT_THAT(refused(DequantizeAttrs{}, {src, scalar(1)}), testing::HasSubstr("input 0"));
}

TEST(QuantizationParams, AsDynamicQuantizeLinear) {
  const auto params = [](float low, float high) {
    const auto outputs =
        evaluate_all(LongTailAttrs(QuantizationParamsAttrs()), {scalar(low), scalar(high)});
    return std::pair(outputs[0].elements<const float>()[0],
                     outputs[1].elements<const uint8_t>()[0]);
  };
  EXPECT_EQ(params(-1, 1.55f), std::pair(2.55f / 255, uint8_t{100}));
  EXPECT_EQ(params(1, 2), std::pair(2.0f / 255, uint8_t{0}));  // 0 is in the range
  EXPECT_EQ(params(-2, -1), std::pair(2.0f / 255, uint8_t{255}));
  EXPECT_EQ(params(0, 0), std::pair(1.0f, uint8_t{0}));
  EXPECT_EQ(params(kInfinity, -kInfinity), std::pair(1.0f, uint8_t{0}));  // of no elements
  EXPECT_TRUE(std::isnan(params(-1, kInfinity).first));
}

}  // namespace
}  // namespace octet::test
