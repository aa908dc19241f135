// Reference of convolutions and pools against sums that follow the definitions in another order,
// and by hand.
#include <cmath>
#include <limits>

#include "tests/reference/evaluate.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;

Window window(std::vector<int64_t> kernel, std::vector<int64_t> strides,
              std::vector<int64_t> dilations, std::vector<int64_t> begins,
              std::vector<int64_t> ends) {
  Window made;
  made.kernel = std::move(kernel);
  made.strides = std::move(strides);
  made.dilations = std::move(dilations);
  made.begins = std::move(begins);
  made.ends = std::move(ends);
  return made;
}
Window plain(std::vector<int64_t> kernel) {
  const size_t rank = kernel.size();
  const std::vector<int64_t> ones(rank, 1), zeros(rank, 0);
  return window(std::move(kernel), ones, ones, zeros, zeros);
}

// float32 of `shape` with the elements 1, 2, 3, ..
Tensor counted(const Shape& shape) {
  Tensor tensor(DType::kF32, shape);
  float next = 1;
  for (float& element : tensor.elements<float>()) element = next++;
  return tensor;
}

TEST(Conv, ByHand) {
  const Tensor src = counted({1, 1, 5}), weights = make_tensor<float>({1, 1, 3}, {1, 10, 100});
  EXPECT_THAT(values(ConvAttrs{.window = plain({3})}, {src, weights}),
              ElementsAre(321, 432, 543));  // no flip: a correlation
  ConvAttrs padded{.window = window({3}, {2}, {2}, {2}, {1})};
  // Taps at -2, 0, 2 and 0, 2, 4; padding is 0.
  EXPECT_THAT(values(padded, {src, weights, floats({0.5f})}), ElementsAre(310.5, 531.5));
  padded.activation = Activation::kRelu;
  EXPECT_THAT(values(padded, {src, weights, floats({0}), make_tensor<float>({1, 1, 2}, {-400, 1})}),
              ElementsAre(0, 532));
}

TEST(Conv, GroupsSeeTheirOwnChannels) {
  const Tensor src = make_tensor<float>({1, 4, 1}, {1, 2, 3, 4});
  const Tensor weights = make_tensor<float>({2, 2, 1}, {1, 10, 1, 10});
  EXPECT_THAT(values(ConvAttrs{.window = plain({1}), .groups = 2}, {src, weights}),
              ElementsAre(21, 43));
}

TEST(Conv, TwoAndThreeAxes) {
  const Tensor ones = make_tensor<float>({1, 1, 2, 2}, {1, 10, 100, 1000});
  EXPECT_THAT(values(ConvAttrs{.window = plain({2, 2})}, {counted({1, 1, 2, 3}), ones}),
              ElementsAre(5421, 6532));
  const Tensor cube = random_floats({1, 1, 2, 2, 2}, 1);
  double sum = 0;
  for (double x : to_doubles(cube)) sum += x * x;
  const auto found = values(ConvAttrs{.window = plain({2, 2, 2})}, {cube, cube});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NEAR(found[0], sum, 1e-6 * sum);  // one rounding to float
}

TEST(Conv, SamePaddingIsSettledPerExtent) {
  ConvAttrs same{.window = window({2}, {1}, {1}, {0}, {0})};
  same.window.padding = Padding::kSameUpper;
  const Tensor src = counted({1, 1, 3}), weights = make_tensor<float>({1, 1, 2}, {1, 10});
  EXPECT_THAT(values(same, {src, weights}), ElementsAre(21, 32, 3));
  same.window.padding = Padding::kSameLower;
  EXPECT_THAT(values(same, {src, weights}), ElementsAre(10, 21, 32));
}

// <conv(x), y> == <x, conv_transpose(y)> for the same weights: what a transpose is.
TEST(ConvTranspose, IsTheAdjointOfConv) {
  const Window strided = window({3, 2}, {2, 3}, {1, 2}, {1, 0}, {2, 1});
  for (int64_t groups : {1, 2}) {
    const Tensor x = random_floats({2, 4, 8, 11}, 1),
                 weights = random_floats({6, 4 / groups, 3, 2}, 2);
    const Tensor forward = evaluate(ConvAttrs{.window = strided, .groups = groups}, {x, weights});
    const Tensor y = random_floats(forward.shape(), 3);
    ConvTransposeAttrs transpose{strided, {0, 0}, groups};
    const Shape full = evaluate(transpose, {y, weights}).shape();
    transpose.output_padding = {8 - full[2], 11 - full[3]};
    const Tensor back = evaluate(transpose, {y, weights});
    ASSERT_EQ(back.shape(), x.shape());
    double left = 0, right = 0;
    const auto fx = to_doubles(forward), ys = to_doubles(y), xs = to_doubles(x),
               bs = to_doubles(back);
    for (size_t i = 0; i < fx.size(); ++i) left += fx[i] * ys[i];
    for (size_t i = 0; i < xs.size(); ++i) right += xs[i] * bs[i];
    // Each of the 704 products on the right and fewer on the left was rounded once to 2^-24 of at
    // most 24.
    EXPECT_NEAR(left, right, 2 * 704 * 24 * std::ldexp(1.0, -24));
  }
}

TEST(ConvTranspose, ByHand) {
  ConvTransposeAttrs attrs{window({3}, {2}, {1}, {0}, {0}), {0}, 1};
  const Tensor src = make_tensor<float>({1, 1, 2}, {1, 2});
  const Tensor weights = make_tensor<float>({1, 1, 3}, {1, 10, 100});
  EXPECT_THAT(values(attrs, {src, weights, floats({1000})}),
              ElementsAre(1001, 1010, 1102, 1020, 1200));
  attrs.window.begins = attrs.window.ends = {1};
  attrs.output_padding = {1};
  EXPECT_THAT(values(attrs, {src, weights}), ElementsAre(10, 102, 20, 200));
}

TEST(Pool, Max) {
  PoolAttrs pool{.function = PoolFunction::kMax, .window = window({2}, {2}, {1}, {1}, {0})};
  const Tensor src = make_tensor<float>({1, 2, 3}, {-5, -7, -6, 1, 3, 3});
  EXPECT_THAT(values(pool, {src}), ElementsAre(-5, -6, 1, 3));  // padding is never the largest
  pool.indices = true;
  EXPECT_THAT(to_doubles(evaluate_all(pool, {src})[1]), ElementsAre(0, 2, 3, 4));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(values(PoolAttrs{.function = PoolFunction::kMax, .window = plain({3})},
                                {make_tensor<float>({1, 1, 3}, {1, nan, 3})})[0]));
}

TEST(Pool, IndicesColumnMajor) {
  PoolAttrs pool{.function = PoolFunction::kMax, .window = plain({2, 2}), .indices = true};
  const Tensor src = make_tensor<float>({1, 2, 2, 3}, {1, 9, 2, 3, 4, 5, 0, 0, 0, 0, 0, 7});
  EXPECT_THAT(to_doubles(evaluate_all(pool, {src})[1]), ElementsAre(1, 1, 6, 11));
  pool.column_major = true;
  EXPECT_THAT(to_doubles(evaluate_all(pool, {src})[1]), ElementsAre(2, 2, 6, 11));
}

TEST(Pool, IntegersOfEveryRange) {
  const PoolAttrs pool{.function = PoolFunction::kMax, .window = plain({2})};
  EXPECT_THAT(values(pool, {make_tensor<int8_t>({1, 1, 2}, {-128, -127})}), ElementsAre(-127));
  EXPECT_THAT(values(pool, {make_tensor<uint8_t>({1, 1, 2}, {3, 255})}), ElementsAre(255));
  const uint64_t large = ~uint64_t{0};
  EXPECT_EQ(evaluate(pool, {make_tensor<uint64_t>({1, 1, 2}, {1, large})}).elements<uint64_t>()[0],
            large);
}

TEST(Pool, AverageDividesByWhatItSees) {
  PoolAttrs pool{.function = PoolFunction::kAverage, .window = window({3}, {2}, {1}, {1}, {1})};
  const Tensor src = counted({1, 1, 4});
  EXPECT_THAT(values(pool, {src}), ElementsAre(1.5, 3));
  pool.count_include_pad = true;
  EXPECT_THAT(values(pool, {src}), ElementsAre(1, 3));
  pool.window.ceil_mode = true;  // a third window: 4 and one element of padding, the rest is beyond
  EXPECT_THAT(values(pool, {src}), ElementsAre(1, 3, 2));
}

}  // namespace
}  // namespace octet::test
