// Reference of Resize.
#include "tests/reference/evaluate.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;

std::vector<double> resized(ResizeAttrs attrs, const Tensor& src, int64_t extent, float scale = 0) {
  attrs.shape = {extent};
  attrs.scales = {scale};
  return values(attrs, {src});
}

TEST(Resize, NearestRoundsPositions) {
  const Tensor src = floats({1, 2, 3});
  EXPECT_THAT(resized({}, src, 6), ElementsAre(1, 1, 2, 2, 3, 3));
  // The positions are 0.25 and 1.75.
  EXPECT_THAT(resized({}, src, 2), ElementsAre(1, 3));
  ResizeAttrs attrs;
  attrs.coordinates = ResizeCoordinates::kAsymmetric;  // 0, 0.5, 1, 1.5, 2, 2.5
  attrs.rounding = NearestRounding::kFloor;
  EXPECT_THAT(resized(attrs, src, 6), ElementsAre(1, 1, 2, 2, 3, 3));
  attrs.rounding = NearestRounding::kCeil;
  EXPECT_THAT(resized(attrs, src, 6), ElementsAre(1, 2, 2, 3, 3, 3));
  attrs.rounding = NearestRounding::kPreferFloor;
  EXPECT_THAT(resized(attrs, src, 6), ElementsAre(1, 1, 2, 2, 3, 3));
  attrs.rounding = NearestRounding::kPreferCeil;
  EXPECT_THAT(resized(attrs, src, 6), ElementsAre(1, 2, 2, 3, 3, 3));
  EXPECT_THAT(resized({}, integers({7, 8}), 4), ElementsAre(7, 7, 8, 8));
}

TEST(Resize, LinearBetweenNeighbours) {
  const Tensor src = floats({1, 2});
  ResizeAttrs attrs;
  attrs.mode = ResizeMode::kLinear;
  EXPECT_THAT(resized(attrs, src, 4), ElementsAre(1, 1.25, 1.75, 2));
  attrs.coordinates = ResizeCoordinates::kAlignCorners;
  EXPECT_THAT(resized(attrs, src, 3), ElementsAre(1, 1.5, 2));
  EXPECT_THAT(resized(attrs, src, 1), ElementsAre(1));
  attrs.coordinates = ResizeCoordinates::kAsymmetric;
  EXPECT_THAT(resized(attrs, src, 4), ElementsAre(1, 1.5, 2, 2));
  attrs.coordinates = ResizeCoordinates::kTfHalfPixel;
  EXPECT_THAT(resized(attrs, src, 4), ElementsAre(1.25, 1.75, 2, 2));
  attrs.coordinates = ResizeCoordinates::kPytorchHalfPixel;
  EXPECT_THAT(resized(attrs, floats({1, 3}), 1), ElementsAre(1));
  // 2 elements times 1.6 are 3 and not 3.2: the middles of both are laid on each other.
  attrs.coordinates = ResizeCoordinates::kHalfPixelSymmetric;
  const auto symmetric = resized(attrs, src, 3, 1.6f);
  EXPECT_NEAR(symmetric[0] + symmetric[2], 3, 1e-6);
  EXPECT_NEAR(symmetric[1], 1.5, 1e-6);
}

TEST(Resize, TwoAxesAreWeighedOneByOne) {
  const Tensor src = make_tensor<float>({2, 2}, {0, 4, 8, 12});
  const ResizeAttrs attrs{.mode = ResizeMode::kLinear,
                          .coordinates = ResizeCoordinates::kAlignCorners,
                          .shape = {3, 3},
                          .scales = {0, 0}};
  EXPECT_THAT(values(attrs, {src}), ElementsAre(0, 2, 4, 4, 6, 8, 8, 10, 12));
}

// With a = -1/2 the cubic passes through every parabola, away from the edges (Keys).
TEST(Resize, CubicKeepsParabolas) {
  ResizeAttrs attrs;
  attrs.mode = ResizeMode::kCubic;
  attrs.coordinates = ResizeCoordinates::kAsymmetric;
  attrs.cubic_a = -0.5f;
  const auto found = resized(attrs, floats({0, 1, 4, 9, 16, 25}), 12);
  for (size_t i = 2; i <= 7; ++i) {
    const double x = static_cast<double>(i) / 2;
    EXPECT_NEAR(found[i], x * x, 1e-6) << i;
  }
  attrs.exclude_outside = true;  // the rest is weighed up, so that a constant stays
  for (double value : resized(attrs, floats({3, 3, 3}), 7)) EXPECT_NEAR(value, 3, 1e-6);
}

void expect_near(const std::vector<double>& found, const std::vector<double>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-5) << i;
}

// Expected values from here on are those of ONNX's own implementation, to 7 digits.
TEST(Resize, AntialiasStretchesTheFilter) {
  const Tensor src = floats({1, 5, 2, 8, 3, 9});
  ResizeAttrs attrs{.mode = ResizeMode::kLinear};
  attrs.antialias = true;
  expect_near(resized(attrs, src, 3, 0.5f), {2.625, 4.75, 6.625});
  expect_near(resized(attrs, src, 4), {2.333333333, 3.666666667, 5.666666667, 7});
  expect_near(resized(attrs, src, 9, 1.5f), {1, 3, 4.5, 2.5, 5, 7.166666667, 3.833333333, 6, 9});
  attrs.mode = ResizeMode::kCubic;
  expect_near(resized(attrs, src, 3, 0.6f), {2.431324, 4.378574, 5.414458});
  attrs.exclude_outside = true;
  expect_near(resized(attrs, src, 3, 0.6f), {2.515304, 4.330988, 5.633484});
}

TEST(Resize, AntialiasRoundsIntegers) {
  ResizeAttrs attrs{.mode = ResizeMode::kLinear};
  attrs.antialias = true;
  // 2.625, 4.75, 6.625
  EXPECT_THAT(resized(attrs, make_tensor<uint8_t>({6}, {1, 5, 2, 8, 3, 9}), 3, 0.5f),
              ElementsAre(3, 5, 7));
}

TEST(Resize, RegionsAndWhatIsOutsideOfThem) {
  const Tensor src = floats({1, 5, 2, 8, 3, 9});
  ResizeAttrs attrs{.mode = ResizeMode::kLinear,
                    .coordinates = ResizeCoordinates::kTfCropAndResize};
  attrs.extrapolation = 10;
  const auto of_region = [&](float start, float end, int64_t extent) {
    attrs.region = {start, end};
    return resized(attrs, src, extent);
  };
  expect_near(of_region(0.2f, 0.7f, 4), {5, 2.5, 6, 5.5});
  expect_near(of_region(0.5f, 1.3f, 5), {5, 5.5, 6, 10, 10});
  expect_near(of_region(0.1f, 0.5f, 1), {3.5});
  attrs.mode = ResizeMode::kNearest;
  expect_near(of_region(0.5f, 1, 6), {2, 8, 8, 3, 3, 9});
  expect_near(of_region(0, 1, 6), {1, 5, 2, 8, 3, 9});
  expect_near(of_region(2, 3, 2), {10, 10});
}

TEST(Resize, OneScaleForAllAxes) {
  const Tensor src = make_tensor<float>({2, 3}, {1, 4, 2, 1, 4, 2});
  ResizeAttrs attrs{.mode = ResizeMode::kLinear, .shape = {3, 5}, .scales = {0, 0}};
  attrs.aspect = ResizeAspect::kNotSmaller;
  attrs.sizes = {3, 3};
  // The scale is 1.5, not 5 / 3.
  const std::vector<double> row = {1, 2.5, 3.666666667, 2.333333333, 2};
  const std::vector<double> found = values(attrs, {src});
  for (size_t y = 0; y < 3; ++y)
    expect_near({found.begin() + static_cast<std::ptrdiff_t>(5 * y),
                 found.begin() + static_cast<std::ptrdiff_t>(5 * y + 5)},
                row);
  EXPECT_EQ(resize_scale(attrs, 1, {2, 3}, {3, 5}), 1.5);
  attrs.aspect = ResizeAspect::kNotLarger;
  EXPECT_EQ(resize_scale(attrs, 1, {2, 3}, {2, 3}), 1);
  attrs.sizes = {3, 0};
  EXPECT_EQ(resize_scale(attrs, 1, {2, 3}, {3, 6}), 2);  // not one of the axes
}

}  // namespace
}  // namespace octet::test
