// Reference of GridSample, RoiAlign, MaxRoiPool and DeformColumns. Expected values are those of
// ONNX's own implementation, which computes in float, where nothing else is said.
#include <cmath>
#include <limits>

#include "runtime/ops/deform_columns.h"
#include "runtime/ops/grid_sample.h"
#include "runtime/ops/max_roi_pool.h"
#include "runtime/ops/roi_align.h"
#include "tests/reference/evaluate.h"
#include "tests/support/spatial_cases.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

void expect_near(const std::vector<double>& found, const std::vector<double>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-5) << i;
}

Tensor numbers_from_1(const Shape& shape) {
  Tensor tensor(DType::kF32, shape);
  float next = 1;
  for (float& value : tensor.elements<float>()) value = next++;
  return tensor;
}

// Six positions in a picture of 3 x 4: corners, the middle, between pixels, and outside.
std::vector<double> sampled(const GridSampleAttrs& attrs) {
  const Tensor grid =
      make_tensor<float>({1, 1, 6, 2}, {-1, -1, 1, 1, 0, 0, 0.3f, -0.6f, -1.4f, 0.2f, 1.7f, -1.9f});
  return values(LongTailAttrs(attrs), {numbers_from_1({1, 1, 3, 4}), grid});
}

TEST(GridSample, Linear) {
  using enum GridPadding;
  expect_near(sampled({}), {0.25, 3, 6.5, 3.5, 0, 0});
  expect_near(sampled({.padding = kBorder}), {1, 12, 6.5, 3.5, 6.2, 4});
  expect_near(sampled({.padding = kReflection}), {1, 12, 6.5, 3.5, 6.5, 6.5});
  expect_near(sampled({.align_corners = true}), {1, 12, 6.5, 4.55, 2.32, 0});
  expect_near(sampled({.padding = kBorder, .align_corners = true}), {1, 12, 6.5, 4.55, 5.8, 4});
  expect_near(sampled({.padding = kReflection, .align_corners = true}),
              {1, 12, 6.5, 4.55, 6.4, 6.55});
}

TEST(GridSample, Nearest) {
  using enum GridPadding;
  constexpr auto kNearest = GridMode::kNearest;
  expect_near(sampled({kNearest}), {1, 0, 7, 3, 0, 0});
  expect_near(sampled({kNearest, kBorder}), {1, 12, 7, 3, 5, 4});
  expect_near(sampled({kNearest, kReflection}), {1, 12, 7, 3, 5, 7});
  expect_near(sampled({kNearest, kZeros, true}), {1, 12, 7, 3, 0, 0});
  expect_near(sampled({kNearest, kReflection, true}), {1, 12, 7, 3, 6, 7});
}

TEST(GridSample, Cubic) {
  using enum GridPadding;
  constexpr auto kCubic = GridMode::kCubic;
  expect_near(sampled({kCubic}), {0.015625, 3.234375, 6.5, 3.665343, -0.7697914, 0.0003872806});
  expect_near(sampled({kCubic, kBorder}), {0.53125, 12.46875, 6.5, 3.443749, 6.556994, 4});
  expect_near(sampled({kCubic, kReflection}), {0.0625, 12.9375, 6.5, 3.443749, 6.788745, 6.306874});
  expect_near(sampled({kCubic, kZeros, true}), {1, 12, 6.5, 4.508912, 2.372224, -0.01018701});
  expect_near(sampled({kCubic, kReflection, true}), {1, 12, 6.5, 3.760621, 6.616, 6.330626});
}

TEST(GridSample, OtherNumbersOfAxes) {
  const Tensor volume = numbers_from_1({1, 1, 2, 2, 3});
  const Tensor grid = make_tensor<float>({1, 1, 1, 2, 3}, {0.2f, -0.5f, 0.7f, -1.2f, 0.1f, 1.1f});
  expect_near(values(LongTailAttrs(GridSampleAttrs{}), {volume, grid}), {6.64, 0.704});
  expect_near(values(LongTailAttrs(GridSampleAttrs{GridMode::kCubic}), {volume, grid}),
              {7.866366, 0.790290892});
  const Tensor line = make_tensor<int32_t>({1, 1, 3}, {10, 20, 31});
  EXPECT_THAT(values(LongTailAttrs(GridSampleAttrs{.align_corners = true}),
                     {line, make_tensor<double>({1, 4, 1}, {-1, -0.5, 0.5, 1})}),
              ElementsAre(10, 15, 25, 31));
}

TEST(GridSample, WhatIsNoNumberIsOutside) {
  const Tensor src = make_tensor<float>({1, 1, 2}, {3, 4});
  const Tensor grid = make_tensor<float>({1, 4, 1}, {kNaN, kInfinity, -kInfinity, 3e38f});
  const auto with = [&](GridMode mode, GridPadding padding) {
    return values(LongTailAttrs(GridSampleAttrs{mode, padding}), {src, grid});
  };
  for (const GridMode mode : {GridMode::kLinear, GridMode::kNearest, GridMode::kCubic}) {
    EXPECT_THAT(with(mode, GridPadding::kZeros), ElementsAre(0, 0, 0, 0));
    EXPECT_THAT(with(mode, GridPadding::kBorder), ElementsAre(3, 4, 3, 4));
  }
  EXPECT_THAT(with(GridMode::kNearest, GridPadding::kReflection)[0], 3);
  // An axis of one element reflects to itself.
  EXPECT_THAT(values(LongTailAttrs(GridSampleAttrs{.padding = GridPadding::kReflection,
                                                   .align_corners = true}),
                     {make_tensor<float>({1, 1, 1}, {7}), grid}),
              ElementsAre(7, 7, 7, 7));
}

TEST(GridSample, NothingToSample) {
  EXPECT_THAT(evaluate_error(LongTailAttrs(GridSampleAttrs{}), {Tensor(DType::kF32, {1, 2, 0, 3}),
                                                                Tensor(DType::kF32, {1, 1, 1, 2})}),
              HasSubstr("has no elements to sample"));
  EXPECT_THAT(values(LongTailAttrs(GridSampleAttrs{}),
                     {Tensor(DType::kF32, {1, 2, 0, 3}), Tensor(DType::kF32, {1, 0, 1, 2})}),
              ElementsAre());
}

// A picture of 5 x 6; a region inside, one that is larger, and one within a pixel.
std::vector<double> aligned(RoiAlignAttrs attrs) {
  Tensor src(DType::kF32, {1, 1, 5, 6});
  for (int i = 0; i < 30; ++i)
    src.elements<float>()[static_cast<size_t>(i)] = static_cast<float>(i * 7 % 11);
  attrs.height = attrs.width = 2;
  attrs.scale = 0.8f;
  return values(
      LongTailAttrs(attrs),
      {src, make_tensor<float>({3, 4}, {1, 0.5f, 4, 3.5f, -2, -1, 8, 7, 2, 2, 2.2f, 2.1f}),
       integers({0, 0, 0})});
}

TEST(RoiAlign, MeansOfPoints) {
  expect_near(aligned({}), {5.3, 3.8, 4.77, 6.79, 3.2325, 4.7375, 3.9375, 5.375, 4.3848, 4.1704,
                            4.3664, 4.1872});
  expect_near(aligned({.samples = 2}),
              {5.3, 3.8, 4.77, 6.79, 2.875, 5.025, 2.825, 4.925, 4.3848, 4.1704, 4.3664, 4.1872});
  expect_near(aligned({.half_pixel = false}),
              {4.06, 5.86, 5.18, 6.98, 3.6325, 4.875, 3.14375, 3.79375, 7.8475, 7.8275, 8.25, 7.9});
}

TEST(RoiAlign, LargestPartsOfPoints) {
  expect_near(aligned({.max = true}),
              {4.48, 3.2, 2.8, 8, 6.3, 6, 6, 6.3, 3.784, 3.432, 3.612, 3.276});
  expect_near(aligned({.max = true, .half_pixel = false, .samples = 2}),
              {3.15, 5.04, 6.3, 6.3, 4.2, 6, 6, 5.6, 9.50625, 7.55625, 7.55625, 6.00625});
}

TEST(RoiAlign, RegionsThatAreNone) {
  const Tensor src = numbers_from_1({1, 1, 2, 2});
  const auto pooled = [&](std::initializer_list<float> corners) {
    return values(LongTailAttrs(RoiAlignAttrs{}),
                  {src, make_tensor<float>({1, 4}, corners), integers({0})})[0];
  };
  EXPECT_EQ(pooled({1, 1, 0, 0}), 0);  // no point
  EXPECT_EQ(pooled({50, 50, 60, 60}), 0);
  EXPECT_TRUE(std::isnan(pooled({0, 0, kInfinity, 1})));
  EXPECT_TRUE(std::isnan(pooled({0, kNaN, 1, 1})));
  EXPECT_TRUE(std::isnan(pooled({0, 0, 1e30f, 1})));
  // As wide as can be: it costs what it sees of the picture.
  EXPECT_NEAR(pooled({-1e9f, 0, 1e9f, 2}), 0, 1e-6);
  EXPECT_EQ(evaluate_error(LongTailAttrs(RoiAlignAttrs{}),
                           {src, make_tensor<float>({1, 4}, {0, 0, 1, 1}), integers({1})}),
            "region 0 is of picture 1, but there are 1");
}

// By hand, after its formula.
TEST(MaxRoiPool, LargestPixels) {
  const Tensor src = numbers_from_1({1, 1, 4, 4});
  const MaxRoiPoolAttrs attrs{.height = 2, .width = 2, .scale = 0.5f};
  const auto pooled = [&](std::initializer_list<float> roi) {
    return values(LongTailAttrs(attrs), {src, make_tensor<float>({1, 5}, roi)});
  };
  EXPECT_THAT(pooled({0, 0, 0, 6, 6}), ElementsAre(6, 8, 14, 16));    // all of it
  EXPECT_THAT(pooled({0, 0, 0, 4, 4}), ElementsAre(6, 7, 10, 11));    // 3 pixels: bins overlap
  EXPECT_THAT(pooled({0, 1, 1, 1, 1}), ElementsAre(6, 6, 6, 6));      // half is rounded up: 1 pixel
  EXPECT_THAT(pooled({0, 4, 4, 10, 10}), ElementsAre(16, 0, 0, 0));   // half outside
  EXPECT_THAT(pooled({0, 6, 6, 2, 2}), ElementsAre(16, 16, 16, 16));  // ends before it begins
  EXPECT_EQ(
      evaluate_error(LongTailAttrs(attrs), {src, make_tensor<float>({1, 5}, {-1, 0, 0, 1, 1})}),
      "region 0 is of picture -1, but there are 1");
}

// Without offsets they are the patches of a convolution.
TEST(DeformColumns, PatchesAndOffsets) {
  const Tensor src = numbers_from_1({1, 1, 2, 2});
  const DeformColumnsAttrs attrs{square_window(2, 0), 1};
  Tensor offset(DType::kF32, {1, 8, 1, 1});
  EXPECT_THAT(values(LongTailAttrs(attrs), {src, offset}), ElementsAre(1, 2, 3, 4));
  const auto offsets = offset.elements<float>();
  offsets[0] = 0.5f;                   // down, of the first tap
  offsets[3] = -0.25f;                 // to the left, of the second
  offsets[4] = 0.5f, offsets[5] = -1;  // of the third: outside
  offsets[6] = kNaN;                   // of the fourth
  EXPECT_THAT(values(LongTailAttrs(attrs), {src, offset}), ElementsAre(2, 1.75, 0, 0));
  const Tensor mask = make_tensor<float>({1, 4, 1, 1}, {0.5f, 2, 1, 1});
  EXPECT_THAT(values(LongTailAttrs(attrs), {src, offset, mask}), ElementsAre(1, 3.5, 0, 0));
}

}  // namespace
}  // namespace octet::test
