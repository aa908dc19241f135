// Pooling with one and two spatial axes.
#include <limits>

#include "tests/cpu/kernel_checks.h"

namespace octet::test {
namespace {

struct Problem {
  Shape src;
  std::vector<int64_t> kernel, strides, dilations, begins, ends;
  bool ceil_mode = false;
  bool count_include_pad = false;
};

NodeUnderTest make_pool_node(PoolFunction function, const Problem& problem, const Tensor& src) {
  PoolAttrs attrs;
  attrs.function = function;
  attrs.count_include_pad = problem.count_include_pad;
  attrs.window.kernel = problem.kernel;
  attrs.window.strides = problem.strides;
  attrs.window.dilations = problem.dilations;
  attrs.window.begins = problem.begins;
  attrs.window.ends = problem.ends;
  attrs.window.ceil_mode = problem.ceil_mode;
  return make_node(attrs, {{src}});
}

// Largest elements are exact. Of t taps below 1, the sum has t - 1 roundings of sums below t, the
// mean one more.
void check(const Problem& problem) {
  const Tensor src = random_floats(problem.src, 1);
  expect_equal_reference("pool/highway", make_pool_node(PoolFunction::kMax, problem, src));
  double taps = 1;
  for (int64_t extent : problem.kernel) taps *= static_cast<double>(extent);
  const NodeUnderTest mean = make_pool_node(PoolFunction::kAverage, problem, src);
  expect_close(cpu_outputs("pool/highway", mean)[0], reference_outputs(mean)[0],
               [&](size_t, double) { return (taps + 1) * kEps * taps; });
}

TEST(Pool, WidthsAroundTheVectors) {
  for (int64_t width : {3, 15, 16, 17, 32, 33, 70})
    for (int64_t stride : {1, 2, 3})
      check({.src = {2, 3, 9, width},
             .kernel = {3, 3},
             .strides = {stride, stride},
             .dilations = {1, 1},
             .begins = {1, 1},
             .ends = {1, 1}});
}

TEST(Pool, PaddingCeilModeDilation) {
  for (bool ceil_mode : {false, true})
    for (bool count_include_pad : {false, true})
      for (int64_t dilation : {1, 2})
        check({.src = {1, 2, 12, 14},
               .kernel = {3, 2},
               .strides = {2, 3},
               .dilations = {dilation, dilation},
               .begins = {1, 0},
               .ends = {0, 1},
               .ceil_mode = ceil_mode,
               .count_include_pad = count_include_pad});
}

TEST(Pool, OneSpatialAxis) {
  check({.src = {2, 5, 40},
         .kernel = {4},
         .strides = {2},
         .dilations = {1},
         .begins = {1},
         .ends = {2}});
}

TEST(Pool, SeveralBands) {
  check({.src = {1, 2, 300, 250},
         .kernel = {2, 2},
         .strides = {2, 2},
         .dilations = {1, 1},
         .begins = {0, 0},
         .ends = {0, 0}});
}

// Of more than 64 taps those are skipped that are padding for all the windows of a vector.
TEST(Pool, LargeWindowsOverPadding) {
  for (bool count_include_pad : {false, true})
    for (int64_t stride : {1, 3})
      for (int64_t dilation : {1, 2})
        check({.src = {1, 2, 20, 37},
               .kernel = {9, 11},
               .strides = {stride, stride},
               .dilations = {dilation, 1},
               .begins = {8, 10},
               .ends = {6, 3},
               .count_include_pad = count_include_pad});
}

TEST(Pool, WindowsThatAreMostlyPaddingAreTheReferences) {
  Problem problem{.src = {1, 1, 4, 4},
                  .kernel = {101, 101},
                  .strides = {1, 1},
                  .dilations = {1, 1},
                  .begins = {100, 100},
                  .ends = {100, 100}};
  const NodeUnderTest node =
      make_pool_node(PoolFunction::kAverage, problem, random_floats(problem.src, 1));
  const KernelRow& row = find_row(cpu_kernels(), "pool/highway");
  EXPECT_FALSE(row.accept(node.request()).is_yes());
}

TEST(Pool, NanAndInfinity) {
  const Problem problem{.src = {1, 1, 6, 6},
                        .kernel = {2, 2},
                        .strides = {1, 1},
                        .dilations = {1, 1},
                        .begins = {0, 0},
                        .ends = {0, 0}};
  const float infinity = std::numeric_limits<float>::infinity();
  for (float value : {std::numeric_limits<float>::quiet_NaN(), infinity, -infinity})
    for (size_t at : {0u, 7u, 14u, 35u}) {
      Tensor src = random_floats(problem.src, 1);
      src.elements<float>()[at] = value;
      expect_equal_reference("pool/highway", make_pool_node(PoolFunction::kMax, problem, src));
    }
}

TEST(Pool, NothingToCompute) {
  const Problem problem{.src = {0, 3, 6, 6},
                        .kernel = {2, 2},
                        .strides = {1, 1},
                        .dilations = {1, 1},
                        .begins = {0, 0},
                        .ends = {0, 0}};
  check(problem);
}

TEST(Pool, DeclinesWithAReason) {
  PoolAttrs attrs;
  attrs.function = PoolFunction::kMax;
  attrs.window = {.kernel = {2},
                  .strides = {1},
                  .dilations = {1},
                  .padding = Padding::kExplicit,
                  .begins = {0},
                  .ends = {0},
                  .ceil_mode = false};
  const Tensor src = random_floats({1, 1, 2000}, 1);
  attrs.indices = true;
  EXPECT_EQ(cpu_support("pool/highway", make_node(attrs, {{src}})).reason(),
            "the positions of the largest elements are wanted");
  attrs.indices = false;
  attrs.window.kernel = {1500};
  EXPECT_EQ(cpu_support("pool/highway", make_node(attrs, {{src}})).reason(),
            "a window covers more than 1024 elements, found 1500");
}

}  // namespace
}  // namespace octet::test
