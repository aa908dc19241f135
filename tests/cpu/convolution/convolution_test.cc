// Convolutions with one and two spatial axes.
#include "tests/cpu/kernel_checks.h"

namespace octet::test {
namespace {

// Of two spatial axes: {height, width} each.
struct Problem {
  Shape src;      // [N, C, H, W]
  Shape weights;  // [M, C / groups, h, w]
  int64_t groups = 1;
  std::vector<int64_t> strides = {1, 1}, dilations = {1, 1}, begins = {0, 0}, ends = {0, 0};
  Activation activation = Activation::kNone;
  bool residual = false;
  bool constant_weights = true;
};

Window window_of(const Problem& problem) {
  Window window;
  for (int axis = 2; axis < problem.weights.rank(); ++axis)
    window.kernel.push_back(problem.weights[axis]);
  const size_t axes = window.kernel.size();
  const auto cut = [&](std::vector<int64_t> values) {
    values.resize(axes);
    return values;
  };
  window.strides = cut(problem.strides);
  window.dilations = cut(problem.dilations);
  window.begins = cut(problem.begins);
  window.ends = cut(problem.ends);
  return window;
}

NodeUnderTest make_conv_node(const Problem& problem, const Tensor& src, const Tensor& residual) {
  ConvAttrs attrs;
  attrs.window = window_of(problem);
  attrs.groups = problem.groups;
  attrs.activation = problem.activation;
  std::vector<NodeInput> inputs = {{src},
                                   {random_floats(problem.weights, 2), problem.constant_weights},
                                   {random_floats({problem.weights[0]}, 3), true}};
  if (problem.residual) inputs.push_back({residual});
  return make_node(attrs, std::move(inputs));
}

NodeUnderTest make_conv_node(const Problem& problem) {
  const Tensor src = random_floats(problem.src, 1);
  if (!problem.residual) return make_conv_node(problem, src, {});
  Problem plain = problem;
  plain.residual = false;
  const Shape dst = make_conv_node(plain, src, {}).output_shape(0);
  return make_conv_node(problem, src, random_floats(dst, 4));
}

// Every source element and weight is below 1: k + 2 roundings of sums below k + 2 and what the
// activation adds, whose slope is below 1.13 and own error below 1e-6 of its magnitude.
void check(const char* name, const Problem& problem) {
  const NodeUnderTest node = make_conv_node(problem);
  const auto k = static_cast<double>(problem.weights.element_count() / problem.weights[0] + 2);
  const bool activates =
      problem.activation != Activation::kNone && problem.activation != Activation::kRelu;
  expect_close(cpu_outputs(name, node)[0], reference_outputs(node)[0],
               [&](size_t, double) { return 1.13 * k * k * kEps + (activates ? 1e-6 * k : 0); });
}

TEST(Conv, ChannelsAroundTheTiles) {
  for (int64_t m : {1, 2, 7, 8, 9, 15, 20})
    for (int64_t c : {1, 3, 14, 15, 30})
      check("conv/highway", {.src = {2, c, 5, 6}, .weights = {m, c, 3, 3}, .begins = {1, 1}});
}

TEST(Conv, WidthsAroundTheVectors) {
  for (int64_t width : {3, 4, 7, 8, 15, 16, 17, 33, 48, 49, 64, 100})
    for (int64_t height : {3, 7})
      check("conv/highway", {.src = {1, 2, height, width},
                             .weights = {9, 2, 3, 3},
                             .begins = {1, 1},
                             .ends = {1, 1}});
}

TEST(Conv, StridesDilationsPadding) {
  for (int64_t stride : {1, 2, 3, 4})
    for (int64_t dilation : {1, 2, 3})
      for (int64_t pad : {0, 1, 4})
        check("conv/highway", {.src = {1, 3, 13, 19},
                               .weights = {5, 3, 3, 2},
                               .strides = {stride, stride},
                               .dilations = {dilation, dilation},
                               .begins = {pad, 0},
                               .ends = {0, pad}});
  check("conv/highway", {.src = {1, 1, 3, 3},
                         .weights = {2, 1, 2, 2},
                         .begins = {9, 9},
                         .ends = {9, 9}});  // some windows see padding alone
}

TEST(Conv, Kernels) {
  check("conv/highway", {.src = {2, 40, 7, 7}, .weights = {17, 40, 1, 1}});
  check("conv/highway",
        {.src = {1, 3, 33, 35}, .weights = {10, 3, 7, 7}, .strides = {2, 2}, .begins = {3, 3}});
  check("conv/highway", {.src = {1, 3, 32, 32}, .weights = {10, 3, 4, 4}, .strides = {4, 4}});
  check("conv/highway", {.src = {1, 2, 20, 20}, .weights = {3, 2, 9, 9}, .begins = {4, 4}});
  check("conv/highway", {.src = {1, 2, 5, 2}, .weights = {3, 2, 5, 1}});
}

TEST(Conv, OneSpatialAxis) {
  check("conv/highway", {.src = {2, 80, 50}, .weights = {20, 80, 3}, .begins = {1}, .ends = {1}});
  check("conv/highway",
        {.src = {2, 16, 51}, .weights = {20, 16, 3}, .strides = {2}, .begins = {1}, .ends = {1}});
  check("conv/depthwise",
        {.src = {2, 6, 70}, .weights = {6, 1, 5}, .groups = 6, .begins = {2}, .ends = {2}});
}

TEST(Conv, Groups) {
  check("conv/highway", {.src = {2, 12, 6, 6}, .weights = {8, 3, 3, 3}, .groups = 4});
  check("conv/highway", {.src = {2, 4, 6, 6}, .weights = {8, 1, 3, 3}, .groups = 4});
}

TEST(Conv, Epilogues) {
  for (Activation activation : {Activation::kNone, Activation::kRelu, Activation::kGelu,
                                Activation::kTanh, Activation::kSigmoid, Activation::kSilu})
    for (bool residual : {false, true}) {
      check("conv/highway", {.src = {2, 20, 6, 7},
                             .weights = {9, 20, 3, 3},
                             .begins = {1, 1},
                             .activation = activation,
                             .residual = residual});
      check("conv/depthwise", {.src = {2, 20, 6, 7},
                               .weights = {20, 1, 3, 3},
                               .groups = 20,
                               .begins = {1, 1},
                               .activation = activation,
                               .residual = residual});
    }
}

TEST(Conv, ComputedWeights) {
  check("conv/highway",
        {.src = {1, 20, 8, 8}, .weights = {19, 20, 3, 3}, .constant_weights = false});
  check("conv/highway",
        {.src = {1, 20, 8, 8}, .weights = {10, 10, 3, 3}, .groups = 2, .constant_weights = false});
}

TEST(Conv, Depthwise) {
  for (int64_t width : {1, 5, 15, 16, 17, 32, 33, 70})
    for (int64_t stride : {1, 2, 3})
      check("conv/depthwise", {.src = {2, 3, 9, width},
                               .weights = {3, 1, 3, 3},
                               .groups = 3,
                               .strides = {stride, stride},
                               .begins = {1, 1},
                               .ends = {1, 1}});
  check("conv/depthwise", {.src = {1, 2, 30, 30},
                           .weights = {2, 1, 7, 7},
                           .groups = 2,
                           .dilations = {2, 3},
                           .begins = {6, 9},
                           .ends = {6, 9}});
  // Several bands of rows.
  check("conv/depthwise",
        {.src = {1, 2, 150, 300}, .weights = {2, 1, 3, 3}, .groups = 2, .begins = {1, 1}});
}

TEST(Conv, NothingToCompute) {
  const NodeUnderTest node = make_conv_node({.src = {0, 3, 5, 5}, .weights = {4, 3, 3, 3}});
  EXPECT_EQ(cpu_outputs("conv/highway", node)[0].element_count(), 0);
}

// An image gets the same bits at every place of every batch.
TEST(Conv, ImagesDoNotDependOnTheirCompany) {
  for (bool depthwise : {false, true}) {
    const char* name = depthwise ? "conv/depthwise" : "conv/highway";
    const Problem problem{.src = {5, 12, 17, 13},
                          .weights = {12, depthwise ? 1 : 12, 3, 3},
                          .groups = depthwise ? 12 : 1,
                          .begins = {1, 1},
                          .ends = {1, 1}};
    const NodeUnderTest node = make_conv_node(problem);
    const Tensor all = cpu_outputs(name, node)[0];
    const auto src = node.inputs()[0].tensor.elements<const float>();
    const size_t in = src.size() / 5, out = static_cast<size_t>(all.element_count() / 5);
    for (size_t image = 0; image < 5; ++image) {
      Problem one = problem;
      one.src = {1, 12, 17, 13};
      const Tensor alone = cpu_outputs(
          name, make_conv_node(one, Tensor::from(src.subspan(image * in, in), one.src), {}))[0];
      EXPECT_EQ(std::memcmp(alone.bytes(), all.elements<float>().data() + image * out,
                            out * sizeof(float)),
                0);
    }
  }
}

TEST(Conv, DeclinesWithAReason) {
  const auto reason = [](const char* name, const Problem& problem) {
    return cpu_support(name, make_conv_node(problem)).reason();
  };
  ConvAttrs three_axes;
  three_axes.window = {.kernel = {1, 1, 1},
                       .strides = {1, 1, 1},
                       .dilations = {1, 1, 1},
                       .padding = Padding::kExplicit,
                       .begins = {0, 0, 0},
                       .ends = {0, 0, 0},
                       .ceil_mode = false};
  const NodeUnderTest node = make_node(
      three_axes, {{random_floats({1, 1, 2, 2, 2}, 1)}, {random_floats({1, 1, 1, 1, 1}, 1), true}});
  EXPECT_EQ(cpu_support("conv/highway", node).reason(), "at most two spatial axes, found 3");
  EXPECT_EQ(reason("conv/depthwise", {.src = {1, 2, 5, 5}, .weights = {2, 2, 3, 3}}),
            "there is only one group");
  EXPECT_EQ(reason("conv/depthwise", {.src = {1, 4, 5, 5}, .weights = {4, 2, 3, 3}, .groups = 2}),
            "a group has more than one channel");
  EXPECT_EQ(
      reason("conv/depthwise",
             {.src = {1, 2, 30, 30}, .weights = {2, 1, 3, 3}, .groups = 2, .strides = {65, 1}}),
      "the stride is more than 64, found 65");
}

}  // namespace
}  // namespace octet::test
