// GridSample, RoiAlign and DeformColumns against the reference.
#include "tests/cpu/kernel_checks.h"
#include "tests/support/spatial_cases.h"

namespace octet::test {
namespace {

// Of `taps` products of weights and elements, each rounded with its weight, and as many sums; the
// weights, with some roundings of their own, are at most `weights` together, the elements 1.
Bound sum_bound(double taps, double weights) {
  return [=](size_t, double) { return (taps + 6) * weights * kEps; };
}

void expect_sampled(const GridSampleAttrs& attrs, const Shape& src, const Shape& grid) {
  const NodeUnderTest node = make_node(
      LongTailAttrs(attrs), {{random_floats(src, 1)}, {random_floats(grid, 2, -1.3f, 1.3f)}});
  const auto axes = static_cast<double>(src.rank() - 2);
  const double taps = std::pow(taps_per_axis(attrs.mode), axes);
  // Cubic weights of an axis are at most 1.375 in absolute value together.
  const double weights = attrs.mode == GridMode::kCubic ? std::pow(1.375, axes) : 1;
  expect_close(cpu_outputs("grid_sample/highway", node)[0], reference_outputs(node)[0],
               sum_bound(taps, weights));
}

TEST(GridSample, EveryMode) {
  for (const GridMode mode : {GridMode::kLinear, GridMode::kNearest, GridMode::kCubic})
    for (const GridPadding padding :
         {GridPadding::kZeros, GridPadding::kBorder, GridPadding::kReflection})
      for (const bool align_corners : {false, true}) {
        expect_sampled({mode, padding, align_corners}, {2, 3, 7, 9}, {2, 5, 14, 2});
        expect_sampled({mode, padding, align_corners}, {1, 2, 3, 4, 5}, {1, 2, 3, 4, 3});
        expect_sampled({mode, padding, align_corners}, {1, 2, 1, 1}, {1, 2, 3, 2});
      }
  expect_sampled({}, {1, 2, 30}, {1, 70, 1});
  expect_sampled({}, {2, 2, 2, 3, 2, 3}, {2, 1, 2, 3, 2, 4});
}

TEST(GridSample, ManyTasks) {
  expect_sampled({}, {2, 5, 40, 50}, {2, 61, 67, 2});
  expect_sampled({}, {2, 0, 4, 5}, {2, 3, 3, 2});
  expect_sampled({}, {2, 3, 4, 5}, {2, 0, 3, 2});
}

// What a zero stands for is not read: an infinity does not become a NaN.
TEST(GridSample, ZerosOutsideAreNotRead) {
  Tensor src = random_floats({1, 1, 2, 2}, 1);
  src.elements<float>()[0] = std::numeric_limits<float>::infinity();
  const Tensor grid = make_tensor<float>({1, 1, 2, 2}, {2, 2, 0.75f, 0.75f});
  expect_equal_reference("grid_sample/highway",
                         make_node(LongTailAttrs(GridSampleAttrs{}), {{src}, {grid}}));
}

TEST(GridSample, WhatItLeavesToOthers) {
  const auto reason = [](const GridSampleAttrs& attrs, const Tensor& src, const Tensor& grid) {
    return cpu_support("grid_sample/highway", make_node(LongTailAttrs(attrs), {{src}, {grid}}))
        .reason();
  };
  EXPECT_EQ(reason({GridMode::kCubic}, random_floats({1, 1, 2, 2, 2, 2}, 1),
                   random_floats({1, 1, 1, 1, 1, 4}, 2)),
            "too many elements make up a sample, found 256");
  EXPECT_EQ(reason({}, random_integers(DType::kU8, {1, 1, 2, 2}, 1, 0, 9),
                   random_floats({1, 1, 1, 2}, 2)),
            "input 0 must be float32, found uint8");
}

// Regions in and around a picture; their bins have at most `points` points.
void expect_aligned(const RoiAlignAttrs& attrs, int64_t regions, float size, double points) {
  Tensor rois(DType::kF32, {regions, 4});
  Random random(3);
  for (int64_t i = 0; i < regions; ++i) {
    float* corners = rois.elements<float>().data() + 4 * i;
    for (int axis = 0; axis < 2; ++axis) {
      corners[axis] = random.uniform(-5, 20);
      corners[axis + 2] = corners[axis] + random.uniform(-0.2f * size, size);
    }
  }
  const NodeUnderTest node =
      make_node(LongTailAttrs(attrs), {{random_floats({2, 5, 12, 17}, 1)},
                                       {rois},
                                       {random_integers(DType::kI64, {regions}, 2, 0, 1)}});
  // Largest products have their weight's rounding and their own.
  expect_close(cpu_outputs("roi_align/highway", node)[0], reference_outputs(node)[0],
               attrs.max ? sum_bound(0, 1) : sum_bound(4 * points, 1));
}

TEST(RoiAlign, EveryMode) {
  for (const bool max : {false, true})
    for (const bool half_pixel : {false, true}) {
      for (const int64_t samples : {0, 1, 2, 5})
        expect_aligned({max, half_pixel, 7, 7, samples, 0.8f}, 9, 12, 25);
      expect_aligned({max, half_pixel, 3, 9, 0, 1}, 4, 60, 400);
      expect_aligned({max, half_pixel, 1, 1, 0, 1}, 4, 40, 1600);
    }
  expect_aligned({.height = 14, .width = 14, .samples = 2}, 40, 20, 4);
  expect_aligned({}, 0, 1, 1);
}

TEST(RoiAlign, WhatItIsGivenIsChecked) {
  const Tensor src = random_floats({2, 3, 4, 4}, 1);
  const auto pooled = [&](const Tensor& rois, int64_t batch) {
    return run_kernel(find_row(cpu_kernels(), "roi_align/highway"),
                      make_node(LongTailAttrs(RoiAlignAttrs{}),
                                {{src}, {rois}, {make_tensor<int64_t>({1}, {batch})}}));
  };
  EXPECT_EQ(pooled(make_tensor<float>({1, 4}, {0, 0, 1, 1}), -1).status().message(),
            "region 0 is of picture -1, but there are 2");
  const float infinity = std::numeric_limits<float>::infinity();
  const auto none = pooled(make_tensor<float>({1, 4}, {0, 0, infinity, 1}), 1);
  ASSERT_TRUE(none.is_ok());
  for (const double value : to_doubles((*none)[0])) EXPECT_TRUE(std::isnan(value));
  // As wide as can be: it costs what it sees of the picture.
  EXPECT_TRUE(pooled(make_tensor<float>({1, 4}, {-1e9f, -1e9f, 1e9f, 1e9f}), 0).is_ok());
}

TEST(DeformColumns, GroupsMaskAndSteps) {
  for (const bool masked : {false, true}) {
    for (const int64_t groups : {1, 3}) {
      DeformColumnsAttrs attrs{square_window(3, 1), groups};
      attrs.window.strides = {2, 1};
      attrs.window.dilations = {1, 2};
      const Shape outputs = {5, 9};
      std::vector<NodeInput> inputs = {
          {random_floats({2, 6, 9, 11}, 1)},
          {random_floats({2, groups * 18, outputs[0], outputs[1]}, 2, -3, 3)}};
      if (masked) inputs.push_back({random_floats({2, groups * 9, outputs[0], outputs[1]}, 3)});
      const NodeUnderTest node = make_node(LongTailAttrs(attrs), std::move(inputs));
      expect_close(cpu_outputs("deform_columns/highway", node)[0], reference_outputs(node)[0],
                   sum_bound(4, 1));
    }
  }
}

TEST(DeformColumns, OneAndThreeAxes) {
  const Window line{.kernel = {3}, .strides = {1}, .dilations = {1}, .begins = {1}, .ends = {1}};
  const NodeUnderTest narrow =
      make_node(LongTailAttrs(DeformColumnsAttrs{line, 1}),
                {{random_floats({1, 2, 200}, 1)}, {random_floats({1, 3, 200}, 2)}});
  expect_close(cpu_outputs("deform_columns/highway", narrow)[0], reference_outputs(narrow)[0],
               sum_bound(2, 1));
  const Window cube{.kernel = {2, 1, 2},
                    .strides = {1, 1, 1},
                    .dilations = {1, 1, 1},
                    .begins = {0, 0, 0},
                    .ends = {0, 0, 0}};
  const NodeUnderTest wide =
      make_node(LongTailAttrs(DeformColumnsAttrs{cube, 1}),
                {{random_floats({1, 2, 3, 3, 4}, 1)}, {random_floats({1, 12, 2, 3, 3}, 2)}});
  expect_close(cpu_outputs("deform_columns/highway", wide)[0], reference_outputs(wide)[0],
               sum_bound(8, 1));
}

}  // namespace
}  // namespace octet::test
