// Smoothing factors and the choice of the layers that get them.
#include "runtime/passes/quantize/smoothing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/evaluate_graph.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

constexpr int64_t kWidth = 4;

TEST(SmoothingFactors, AreRootsOfTheRatioWithMeanOne) {
  const std::vector<float> activations = {4, 1, 9, 0.25f}, weights = {1, 1, 4, 0.25f};
  const std::vector<float> s = smoothing_factors(activations, weights);
  // Roots of the ratios: 2, 1, 1.5, 1; their geometric mean: 3^(1/4). Computed in double, rounded
  // once: u = 2^-24 relative.
  const double mean = std::pow(3.0, 0.25);
  const double expected[] = {2 / mean, 1 / mean, 1.5 / mean, 1 / mean};
  double product = 1;
  for (size_t i = 0; i < s.size(); ++i) {
    EXPECT_NEAR(s[i], expected[i], expected[i] * 0x1p-23) << i;
    product *= s[i];
  }
  EXPECT_NEAR(product, 1, 4 * 0x1p-23);
}

TEST(SmoothingFactors, DegenerateColumnsAreOneAndDontMoveTheMean) {
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<float> activations = {0, 4, inf, 1, std::nanf("")}, weights = {1, 1, 1, 0, 1};
  for (const float factor : smoothing_factors(activations, weights)) EXPECT_EQ(factor, 1);
}

TEST(SmoothingFactors, StayWithinTheirRange) {
  const std::vector<float> activations = {1e30f, 1, 1e-30f}, weights = {1e-8f, 1, 1e8f};
  const std::vector<float> s = smoothing_factors(activations, weights);
  EXPECT_EQ(s[0], 1024);
  EXPECT_EQ(s[2], 1.0f / 1024);
}

TEST(NormActivations, AreThreeGammaPlusBeta) {
  const std::vector<float> gamma = {-1, 0, 2}, beta = {0.5f, -1, 0};
  EXPECT_EQ(norm_activations(gamma, beta), (std::vector<float>{3.5f, 1, 6}));
  EXPECT_EQ(norm_activations(gamma, {}), (std::vector<float>{3, 0, 6}));
}

// A LayerNorm over [2, 3, 4] and layers that read it.
struct NormGraph {
  Graph graph;
  ValueId norm;
  Tensor gamma = make_tensor<float>({kWidth}, {1, 2, 0.5f, 1});
  Tensor beta = make_tensor<float>({kWidth}, {0, -1, 0.5f, 3});
  NormGraph() {
    const ValueId src = add_input(graph, "src", DType::kF32, {2, 3, kWidth});
    norm = add_node(graph, "norm", LayerNormAttrs{},
                    {src, add_floats(graph, "gamma", gamma), add_floats(graph, "beta", beta)});
  }
  // [N, K] weights; `name` ends up as the output's name.
  ValueId linear(const std::string& name, ValueId src, const Tensor& weights) {
    LinearAttrs attrs;
    attrs.weights_transposed = true;
    attrs.layer.name = name;
    return add_node(graph, name, attrs, {src, add_floats(graph, name + ".weight", weights)});
  }
  ValueId heads(const std::string& name, ValueId value) {
    const ValueId split = add_node(graph, name + "_split", ReshapeAttrs{{2, 3, 2, 2}}, {value});
    return add_node(graph, name + "_heads", TransposeAttrs{{0, 2, 1, 3}}, {split});
  }
  ValueId attention(ValueId q, ValueId k, ValueId v) {
    const ValueId dst = add_node(graph, "attention", AttentionAttrs{},
                                 {heads("q", q), heads("k", k), heads("v", v)});
    graph.add_output(dst, "attended");
    return dst;
  }
  void output(ValueId value) { graph.add_output(value, graph.value(value).name); }
  SmoothingPlan plan() {
    const auto result = plan_smoothing(graph, GraphIndex(graph));
    EXPECT_TRUE(result.is_ok());
    return *result;
  }
  // Of rows [first, last) of row-major weights [.., 4].
  std::vector<float> expected(const Tensor& weights, size_t first, size_t last) const {
    std::vector<float> largest(kWidth, 0.0f);
    for (size_t row = first; row < last; ++row)
      for (size_t k = 0; k < largest.size(); ++k)
        largest[k] =
            std::max(largest[k], std::abs(weights.elements<const float>()[row * kWidth + k]));
    return smoothing_factors(
        norm_activations(gamma.elements<const float>(), beta.elements<const float>()), largest);
  }
};

TEST(SmoothingPlan, TheOnlyReaderDecidesForItself) {
  NormGraph g;
  const Tensor weights = random_floats({5, kWidth}, 1);
  const ValueId reshaped = add_node(g.graph, "rows", ReshapeAttrs{{6, kWidth}}, {g.norm});
  const ValueId up = g.linear("up", reshaped, weights);
  g.output(up);
  g.output(add_node(g.graph, "residual", BinaryAttrs{BinaryFunction::kAdd}, {g.norm, g.norm}));
  const SmoothingPlan plan = g.plan();
  ASSERT_TRUE(plan.contains(up));
  EXPECT_EQ(*plan.at(up), g.expected(weights, 0, 5));
}

TEST(SmoothingPlan, TheValueProjectionDecidesForItsAttention) {
  NormGraph g;
  const Tensor value_weights = random_floats({kWidth, kWidth}, 3);
  const ValueId q = g.linear("q", g.norm, random_floats({kWidth, kWidth}, 1));
  const ValueId k = g.linear("k", g.norm, random_floats({kWidth, kWidth}, 2));
  const ValueId v = g.linear("v", g.norm, value_weights);
  g.attention(q, k, v);
  const SmoothingPlan plan = g.plan();
  ASSERT_TRUE(plan.contains(q) && plan.contains(k) && plan.contains(v));
  EXPECT_EQ(*plan.at(v), g.expected(value_weights, 0, kWidth));
  EXPECT_EQ(plan.at(q), plan.at(v));
  EXPECT_EQ(plan.at(k), plan.at(v));
}

TEST(SmoothingPlan, OneLayerForAllThreeLooksAtItsRowsForValues) {
  NormGraph g;
  const Tensor weights = random_floats({3 * kWidth, kWidth}, 1);
  const ValueId qkv = g.linear("qkv", g.norm, weights);
  const auto part = [&](const std::string& name, int64_t start) {
    return add_node(g.graph, name, SliceAttrs{{0, 0, start}, {2, 3, kWidth}, {1, 1, 1}}, {qkv});
  };
  g.attention(part("q", 0), part("k", kWidth), part("v", 2 * kWidth));
  const SmoothingPlan plan = g.plan();
  ASSERT_TRUE(plan.contains(qkv));
  EXPECT_EQ(*plan.at(qkv), g.expected(weights, 2 * kWidth, 3 * kWidth));
}

TEST(SmoothingPlan, OtherSharingsStayUnsmoothed) {
  NormGraph g;
  g.output(g.linear("one", g.norm, random_floats({5, kWidth}, 1)));
  g.output(g.linear("other", g.norm, random_floats({5, kWidth}, 2)));
  EXPECT_TRUE(g.plan().empty());
}

TEST(SmoothingPlan, TwoAttentionsStayUnsmoothed) {
  NormGraph g;
  std::vector<ValueId> layers;
  for (uint64_t i = 0; i < 6; ++i)
    layers.push_back(
        g.linear("layer" + std::to_string(i), g.norm, random_floats({kWidth, kWidth}, i)));
  g.attention(layers[0], layers[1], layers[2]);
  g.attention(layers[3], layers[4], layers[5]);
  EXPECT_TRUE(g.plan().empty());
}

TEST(SmoothingPlan, AnInputHasNoNorm) {
  NormGraph g;
  const ValueId src = add_input(g.graph, "other", DType::kF32, {2, 3, kWidth});
  g.output(g.linear("up", src, random_floats({5, kWidth}, 1)));
  EXPECT_TRUE(g.plan().empty());
}

}  // namespace
}  // namespace octet::test
