// Resize against the reference.
#include "tests/cpu/kernel_checks.h"

namespace octet::test {
namespace {

constexpr ResizeCoordinates kCoordinates[] = {
    ResizeCoordinates::kHalfPixel,        ResizeCoordinates::kHalfPixelSymmetric,
    ResizeCoordinates::kPytorchHalfPixel, ResizeCoordinates::kTfHalfPixel,
    ResizeCoordinates::kAlignCorners,     ResizeCoordinates::kAsymmetric};

NodeUnderTest resize_node(ResizeAttrs attrs, const Tensor& src, const Shape& dst) {
  attrs.shape = to_symbolic(dst);
  attrs.scales.resize(attrs.shape.size());
  return make_node(std::move(attrs), {{src}});
}

TEST(ResizeNearest, IsExact) {
  for (const ResizeCoordinates coordinates : kCoordinates)
    for (const NearestRounding rounding : {NearestRounding::kPreferFloor, NearestRounding::kCeil}) {
      const ResizeAttrs attrs{.coordinates = coordinates, .rounding = rounding};
      for (const Shape& dst : {Shape{2, 3, 10, 14}, Shape{2, 3, 5, 14}, Shape{2, 3, 12, 7},
                               Shape{2, 3, 1, 4}, Shape{3, 5, 4, 70}})
        expect_equal_reference("resize/nearest",
                               resize_node(attrs, random_floats({2, 3, 5, 7}, 1), dst));
    }
  for (const DType dtype : {DType::kU8, DType::kI16, DType::kI64})
    expect_equal_reference(
        "resize/nearest",
        resize_node({}, random_integers(dtype, {3, 40, 50}, 1, 0, 99), {3, 80, 100}));
  expect_equal_reference("resize/nearest", resize_node({}, random_floats({7}, 1), {20}));
  expect_equal_reference("resize/nearest", resize_node({}, Tensor(DType::kF32, {0, 4}), {0, 8}));
}

// Sums over the rows and then over the columns, each of so many taps; weights are at most 1.375 in
// absolute value together, and are rounded.
void expect_planes(ResizeAttrs attrs, const Shape& src, const Shape& dst, double taps) {
  const NodeUnderTest node = resize_node(std::move(attrs), random_floats(src, 1), dst);
  expect_close(cpu_outputs("resize/planes", node)[0], reference_outputs(node)[0],
               [=](size_t, double) { return (2 * taps + 3) * 1.375 * 1.375 * kEps; });
}

TEST(ResizePlanes, EveryModeAndDirection) {
  for (const ResizeMode mode : {ResizeMode::kLinear, ResizeMode::kCubic})
    for (const ResizeCoordinates coordinates : kCoordinates)
      for (const bool exclude_outside : {false, true}) {
        const ResizeAttrs attrs{
            .mode = mode, .coordinates = coordinates, .exclude_outside = exclude_outside};
        for (const Shape& dst : {Shape{2, 3, 10, 14}, Shape{2, 3, 9, 14}, Shape{2, 3, 20, 7},
                                 Shape{2, 3, 1, 4}, Shape{2, 3, 9, 7}})
          expect_planes(attrs, {2, 3, 9, 7}, dst, 4);
      }
  expect_planes({.mode = ResizeMode::kLinear}, {33}, {100}, 2);
  expect_planes({.mode = ResizeMode::kLinear}, {3, 70, 80}, {3, 140, 160}, 2);
  expect_planes({.mode = ResizeMode::kLinear}, {0, 4, 4}, {0, 8, 8}, 2);
}

TEST(ResizePlanes, Antialias) {
  ResizeAttrs attrs{.mode = ResizeMode::kLinear};
  attrs.antialias = true;
  expect_planes(attrs, {3, 60, 70}, {3, 13, 20}, 10);
  attrs.mode = ResizeMode::kCubic;
  expect_planes(attrs, {3, 60, 70}, {3, 13, 100}, 20);
}

TEST(ResizePlanes, LeavesTheRestToOthers) {
  const ResizeAttrs attrs{.mode = ResizeMode::kLinear};
  EXPECT_EQ(cpu_support("resize/planes", resize_node(attrs, random_floats({2, 3, 4}, 1), {4, 3, 4}))
                .reason(),
            "it changes more than the last two axes");
  EXPECT_EQ(
      cpu_support("resize/nearest", resize_node(attrs, random_floats({2, 3}, 1), {4, 3})).reason(),
      "it is not to the nearest element");
}

}  // namespace
}  // namespace octet::test
