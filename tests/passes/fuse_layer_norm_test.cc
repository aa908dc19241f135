// fuse_layer_norm: the spellings of exporters, and what only looks like them.
#include "runtime/passes/fuse_layer_norm.h"

#include "tests/passes/pass_testing.h"

namespace octet::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

// What a spelling may vary; the defaults are what TorchScript writes at opset 9 to 16.
struct Options {
  SymbolicShape shape = {2, 5, 8};
  std::vector<int> axes = {2};
  bool keep_dims = true;
  bool square_by_mul = false;
  bool deviation_twice = false;
  bool root_by_pow = false;
  bool multiply_by_reciprocal = false;
  Shape gamma_shape = {8};
  Shape beta_shape = {8};
  bool gamma = true;
  bool beta = true;
  bool beta_subtracted = false;
  float exponent = 2;
  ReduceFunction reduce = ReduceFunction::kMean;
};

struct Norm {
  Graph graph;
  ValueId x;
  explicit Norm(const Options& options) {
    x = add_input(graph, "x", DType::kF32, options.shape);
    const ValueId deviation = make_deviation(options);
    const ValueId again = options.deviation_twice ? make_deviation(options) : deviation;
    const ValueId squares = options.square_by_mul ? add_mul(graph, again, again)
                                                  : add_binary(graph, BinaryFunction::kPow, again,
                                                               add_scalar(graph, options.exponent));
    const ValueId variance =
        add_node(graph, "var", ReduceAttrs{options.reduce, options.axes, true}, {squares});
    const ValueId shifted = add_add(graph, variance, add_scalar(graph, 1e-3f));
    ValueId root = options.root_by_pow
                       ? add_binary(graph, BinaryFunction::kPow, shifted, add_scalar(graph, 0.5f))
                       : add_unary(graph, UnaryFunction::kSqrt, shifted);
    ValueId y;
    if (options.multiply_by_reciprocal)
      y = add_mul(graph, deviation, add_unary(graph, UnaryFunction::kReciprocal, root));
    else
      y = add_binary(graph, BinaryFunction::kDiv, deviation, root);
    if (options.gamma)
      y = add_mul(graph, y, add_floats(graph, "gamma", random_floats(options.gamma_shape, 3)));
    if (options.beta) {
      const ValueId beta = add_floats(graph, "beta", random_floats(options.beta_shape, 4));
      y = options.beta_subtracted ? add_binary(graph, BinaryFunction::kSub, y, beta)
                                  : add_add(graph, beta, y);
    }
    graph.add_output(y, "y");
  }
  ValueId make_deviation(const Options& options) {
    const ValueId mean =
        add_node(graph, "mean", ReduceAttrs{ReduceFunction::kMean, options.axes, true}, {x});
    return add_binary(graph, BinaryFunction::kSub, x, mean);
  }
};

// Eight values of at most 6 from their mean, divided by a root above 0.03: some ten roundings of
// 2^-24.
constexpr double kTolerance = 4e-6;

TEST(FuseLayerNorm, TorchScript) {
  Norm norm(Options{});
  expect_same_results(norm.graph, fuse_layer_norm, kTolerance);
  ASSERT_THAT(op_labels(norm.graph), ElementsAre("layer_norm"));
  const Node& node = norm.graph.nodes()[0];
  EXPECT_FLOAT_EQ(node.as<LayerNormAttrs>()->epsilon, 1e-3f);
  EXPECT_EQ(node.inputs[0], norm.x);
  EXPECT_EQ(norm.graph.value(node.inputs[1]).name, "gamma");
  EXPECT_EQ(norm.graph.value(node.inputs[2]).name, "beta");
}

TEST(FuseLayerNorm, OtherSpellings) {
  std::vector<Options> spellings(6);
  spellings[0].square_by_mul = true;
  spellings[1].deviation_twice = true;
  spellings[2].root_by_pow = true;
  spellings[3].multiply_by_reciprocal = true;
  spellings[4].gamma_shape = {1, 1, 8};
  spellings[5].beta_shape = {1, 8};
  for (size_t i = 0; i < spellings.size(); ++i) {
    SCOPED_TRACE(i);
    Norm norm(spellings[i]);
    expect_same_results(norm.graph, fuse_layer_norm, kTolerance);
    EXPECT_THAT(op_labels(norm.graph), ElementsAre("layer_norm"));
  }
}

TEST(FuseLayerNorm, WithoutGammaOrBeta) {
  Options plain;
  plain.gamma = plain.beta = false;
  Norm norm(plain);
  expect_same_results(norm.graph, fuse_layer_norm, kTolerance);
  EXPECT_THAT(op_labels(norm.graph), ElementsAre("layer_norm"));
  EXPECT_EQ(norm.graph.nodes()[0].inputs.size(), 2u);

  Options scaled;
  scaled.beta = false;
  Norm without_beta(scaled);
  expect_same_results(without_beta.graph, fuse_layer_norm, kTolerance);
  EXPECT_THAT(op_labels(without_beta.graph), ElementsAre("layer_norm"));
}

TEST(FuseLayerNorm, WhatIsNoBetaStaysBehind) {
  Options rows;
  rows.beta_shape = {5, 8};
  Norm norm(rows);
  expect_same_results(norm.graph, fuse_layer_norm, kTolerance);
  EXPECT_THAT(op_labels(norm.graph), ElementsAre("layer_norm", "add"));
  Options subtracted;
  subtracted.beta_subtracted = true;
  Norm other(subtracted);
  expect_same_results(other.graph, fuse_layer_norm, kTolerance);
  EXPECT_THAT(op_labels(other.graph), ElementsAre("layer_norm", "sub"));
}

TEST(FuseLayerNorm, LeavesNearMisses) {
  std::vector<Options> near_misses(4);
  near_misses[0].axes = {1};
  near_misses[1].axes = {1, 2};
  near_misses[2].exponent = 4;
  near_misses[3].reduce = ReduceFunction::kSum;
  for (size_t i = 0; i < near_misses.size(); ++i) {
    Norm norm(near_misses[i]);
    labels_after(norm.graph, fuse_layer_norm);
    EXPECT_THAT(op_labels(norm.graph), Contains("div")) << i;
  }
}

TEST(FuseLayerNorm, LeavesASymbolicLastExtent) {
  Options options;
  options.shape = {2, 5, seq};
  options.gamma = options.beta = false;
  Norm norm(options);
  labels_after(norm.graph, fuse_layer_norm);
  EXPECT_THAT(op_labels(norm.graph), Contains("div"));
}

TEST(FuseLayerNorm, LeavesTheVarianceOfAnotherValue) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {2, 8});
  const ValueId other = add_input(graph, "other", DType::kF32, {2, 8});
  const auto deviation = [&](ValueId value) {
    const ValueId mean =
        add_node(graph, "mean", ReduceAttrs{ReduceFunction::kMean, {1}, true}, {value});
    return add_binary(graph, BinaryFunction::kSub, value, mean);
  };
  const ValueId d = deviation(other);
  const ValueId variance =
      add_node(graph, "var", ReduceAttrs{ReduceFunction::kMean, {1}, true}, {add_mul(graph, d, d)});
  const ValueId root =
      add_unary(graph, UnaryFunction::kSqrt, add_add(graph, variance, add_scalar(graph, 1e-5f)));
  graph.add_output(add_binary(graph, BinaryFunction::kDiv, deviation(x), root), "y");
  labels_after(graph, fuse_layer_norm);
  EXPECT_THAT(op_labels(graph), Contains("div"));
}

}  // namespace
}  // namespace octet::test
