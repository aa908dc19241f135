// Reference of reductions, CumSum, Softmax and LayerNorm.
#include <cmath>
#include <limits>

#include "tests/reference/evaluate.h"

namespace octet::test {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::IsNan;

const Tensor kSrc = make_tensor<float>({2, 3}, {1, -2, 3, 4, 5, -6});

std::vector<double> reduce(ReduceFunction function, std::vector<int> axes, const Tensor& src) {
  return values(ReduceAttrs{function, std::move(axes), false}, {src});
}

TEST(Reduce, Functions) {
  EXPECT_THAT(reduce(ReduceFunction::kSum, {1}, kSrc), ElementsAre(2, 3));
  EXPECT_THAT(reduce(ReduceFunction::kMean, {0}, kSrc), ElementsAre(2.5, 1.5, -1.5));
  EXPECT_THAT(reduce(ReduceFunction::kMax, {1}, kSrc), ElementsAre(3, 5));
  EXPECT_THAT(reduce(ReduceFunction::kMin, {0, 1}, kSrc), ElementsAre(-6));
  EXPECT_THAT(reduce(ReduceFunction::kProd, {1}, kSrc), ElementsAre(-6, -120));
  EXPECT_THAT(reduce(ReduceFunction::kL1, {1}, kSrc), ElementsAre(6, 15));
  EXPECT_THAT(reduce(ReduceFunction::kSumSquare, {1}, kSrc), ElementsAre(14, 77));
  EXPECT_THAT(reduce(ReduceFunction::kL2, {0}, floats({3, 4})), ElementsAre(5));
  EXPECT_THAT(reduce(ReduceFunction::kLogSum, {0}, floats({0.5f, 0.5f})), ElementsAre(0));
  EXPECT_THAT(reduce(ReduceFunction::kLogSumExp, {0}, floats({1000, 1000})),
              ElementsAre(static_cast<double>(static_cast<float>(1000 + std::log(2)))));
}

TEST(Reduce, KeepsDimsAndNothingToReduceIsACopy) {
  EXPECT_EQ(evaluate(ReduceAttrs{ReduceFunction::kSum, {0}, true}, {kSrc}).shape(), Shape({1, 3}));
  EXPECT_EQ(evaluate(ReduceAttrs{ReduceFunction::kSum, {0, 1}, false}, {kSrc}).shape(), Shape{});
  EXPECT_THAT(reduce(ReduceFunction::kSum, {}, kSrc), ElementsAre(1, -2, 3, 4, 5, -6));
}

TEST(Reduce, OverNoElements) {
  const Tensor none(DType::kF32, {0, 1});
  EXPECT_THAT(reduce(ReduceFunction::kSum, {0}, none), ElementsAre(0));
  EXPECT_THAT(reduce(ReduceFunction::kProd, {0}, none), ElementsAre(1));
  EXPECT_THAT(reduce(ReduceFunction::kMean, {0}, none), ElementsAre(IsNan()));
  EXPECT_THAT(reduce(ReduceFunction::kMax, {0}, none), ElementsAre(-HUGE_VAL));
  EXPECT_THAT(reduce(ReduceFunction::kMax, {0}, Tensor(DType::kI8, {0, 1})), ElementsAre(-128));
  EXPECT_THAT(reduce(ReduceFunction::kMin, {0}, Tensor(DType::kU16, {0, 1})), ElementsAre(65535));
  EXPECT_THAT(reduce(ReduceFunction::kMean, {0}, Tensor(DType::kI32, {0, 1})), ElementsAre(0));
}

TEST(Reduce, IntegersAndBools) {
  EXPECT_THAT(reduce(ReduceFunction::kMean, {0}, integers({-7, 2})), ElementsAre(-2));
  EXPECT_THAT(reduce(ReduceFunction::kSum, {0}, make_tensor<uint8_t>({2}, {200, 100})),
              ElementsAre(44));
  EXPECT_THAT(reduce(ReduceFunction::kL2, {0}, integers({3, 4})), ElementsAre(5));
  EXPECT_THAT(reduce(ReduceFunction::kMax, {0}, bools({false, true})), ElementsAre(1));
  const Tensor wide = make_tensor<uint64_t>({2}, {0xFFFFFFFFFFFFFFFFu, 1});
  EXPECT_THAT(reduce(ReduceFunction::kMin, {0}, wide), ElementsAre(1));
}

TEST(Reduce, NaNWins) {
  const Tensor src = floats({1, std::nanf(""), 2});
  EXPECT_THAT(reduce(ReduceFunction::kMax, {0}, src), ElementsAre(IsNan()));
  EXPECT_THAT(reduce(ReduceFunction::kMin, {0}, src), ElementsAre(IsNan()));
}

TEST(CumSum, AllFourWays) {
  EXPECT_THAT(values(CumSumAttrs{0, false, false}, {integers({1, 2, 3})}), ElementsAre(1, 3, 6));
  EXPECT_THAT(values(CumSumAttrs{0, true, false}, {integers({1, 2, 3})}), ElementsAre(0, 1, 3));
  EXPECT_THAT(values(CumSumAttrs{0, false, true}, {floats({1, 2, 3})}), ElementsAre(6, 5, 3));
  EXPECT_THAT(values(CumSumAttrs{0, true, true}, {floats({1, 2, 3})}), ElementsAre(5, 3, 0));
  EXPECT_THAT(values(CumSumAttrs{0, false, false}, {kSrc}), ElementsAre(1, -2, 3, 5, 3, -3));
}

TEST(Softmax, AlongAnyAxis) {
  const auto log3 = static_cast<float>(std::log(3.0));
  const Tensor src = make_tensor<float>({2, 2}, {0, log3, log3, log3});
  const double u = 0x1p-23;  // log3 is rounded to float, and so is the result
  EXPECT_THAT(values(SoftmaxAttrs{1}, {src}),
              ElementsAre(DoubleNear(0.25, u), DoubleNear(0.75, u), 0.5, 0.5));
  EXPECT_THAT(values(SoftmaxAttrs{0}, {src}),
              ElementsAre(DoubleNear(0.25, u), 0.5, DoubleNear(0.75, u), 0.5));
  EXPECT_THAT(values(SoftmaxAttrs{1, true}, {src})[2], DoubleNear(-std::log(2), u));
}

TEST(LayerNorm, ScalesAndShifts) {
  const Tensor src = make_tensor<float>({2, 4}, {1, 3, 5, 7, 2, 2, 2, 2});  // variance 5 and 0
  const Tensor gamma = floats({1, 2, 1, 2}), beta = floats({0, 0, 1, 1});
  EXPECT_THAT(
      values(LayerNormAttrs{4}, {src, gamma, beta}),
      ElementsAre(-1, DoubleNear(-2.0 / 3, 0x1p-24), DoubleNear(4.0 / 3, 0x1p-23), 3, 0, 0, 1, 1));
  EXPECT_EQ(values(LayerNormAttrs{4}, {src, gamma})[3], 2);
}

}  // namespace
}  // namespace octet::test
