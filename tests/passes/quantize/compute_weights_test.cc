// compute_weights: LoRA as exported, its budget, and what is left alone.
#include "runtime/passes/quantize/compute_weights.h"

#include <gmock/gmock.h>

#include "kernels/reference/table.h"
#include "tests/support/evaluate_graph.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

constexpr int64_t kWidth = 12, kRank = 2;

struct Lora {
  Graph graph;
  ValueId src = add_input(graph, "src", DType::kF32, {3, kWidth});
  Tensor w = random_floats({kWidth, kWidth}, 1), a = random_floats({kWidth, kRank}, 2),
         b = random_floats({kRank, kWidth}, 3);
  ValueId weights = add_floats(graph, "w", w);
  ValueId product =
      add_node(graph, "ab", MatMulAttrs{}, {add_floats(graph, "a", a), add_floats(graph, "b", b)});
  PassOptions options;
  int evaluations = 0;

  Lora() {
    options.evaluate = [this](const Attributes& attributes, std::span<const Tensor> inputs) {
      ++evaluations;
      return evaluate_reference(attributes, inputs);
    };
  }
  ValueId sum(ValueId lhs, ValueId rhs) {
    return add_node(graph, "sum", BinaryAttrs{BinaryFunction::kAdd}, {lhs, rhs});
  }
  void layer(ValueId right) {
    graph.add_output(add_node(graph, "query", MatMulAttrs{}, {src, right}), "y");
  }
  Status run() {
    Status status = graph.normalize();
    if (status.is_ok()) status = compute_weights(graph, options);
    if (status.is_ok()) status = graph.normalize();
    return status.is_ok() ? verify(graph) : status;
  }
  // Of the layer; nullptr where its right side is no constant.
  const Constant* constant() const {
    for (const Node& node : graph.nodes())
      if (node.name == "query" && graph.value(node.inputs[1]).constant)
        return &*graph.value(node.inputs[1]).constant;
    return nullptr;
  }
};

TEST(ComputeWeights, SumsAndProductsAreComputedWhenTheyAreRead) {
  Lora lora;
  lora.layer(lora.sum(lora.weights, lora.product));
  const Status status = lora.run();
  ASSERT_TRUE(status.is_ok()) << status.message();
  EXPECT_EQ(lora.graph.nodes().size(), 1u);
  ASSERT_NE(lora.constant(), nullptr);
  EXPECT_EQ(lora.evaluations, 0);
  const auto loaded = lora.constant()->load();
  ASSERT_TRUE(loaded.is_ok()) << loaded.status().message();
  EXPECT_EQ(lora.evaluations, 2);
  for (int64_t i = 0; i < kWidth; ++i)
    for (int64_t j = 0; j < kWidth; ++j) {
      double expected = lora.w.elements<float>()[static_cast<size_t>(i * kWidth + j)];
      for (int64_t r = 0; r < kRank; ++r)
        expected += double{lora.a.elements<float>()[static_cast<size_t>(i * kRank + r)]} *
                    double{lora.b.elements<float>()[static_cast<size_t>(r * kWidth + j)]};
      EXPECT_NEAR(loaded->elements<float>()[static_cast<size_t>(i * kWidth + j)], expected, 1e-6);
    }
}

// The same expression has the same key, so that layers share what was packed from it.
TEST(ComputeWeights, EqualExpressionsHaveEqualKeys) {
  Lora lora;
  lora.layer(lora.sum(lora.weights, lora.product));
  lora.layer(lora.sum(lora.weights, lora.product));
  lora.layer(lora.sum(lora.product, lora.weights));
  ASSERT_TRUE(lora.run().is_ok());
  std::vector<SharedKey> keys;
  for (const Node& node : lora.graph.nodes())
    keys.push_back(lora.graph.value(node.inputs[1]).constant->key());
  ASSERT_EQ(keys.size(), 3u);
  const auto same = [](const SharedKey& x, const SharedKey& y) { return !(x < y) && !(y < x); };
  EXPECT_TRUE(same(keys[0], keys[1]));
  EXPECT_FALSE(same(keys[0], keys[2]));
}

TEST(ComputeWeights, WhatDependsOnAnInputStays) {
  Lora lora;
  const ValueId other = add_input(lora.graph, "other", DType::kF32, {kWidth, kWidth});
  lora.layer(lora.sum(other, lora.product));
  ASSERT_TRUE(lora.run().is_ok());
  EXPECT_EQ(lora.constant(), nullptr);
}

TEST(ComputeWeights, WhatExceedsTheBudgetStays) {
  for (const bool of_work : {true, false}) {
    Lora lora;
    lora.layer(lora.sum(lora.weights, lora.product));
    if (of_work)
      lora.options.max_folded_work = -1e9;
    else
      lora.options.max_folded_bytes = 0;
    ASSERT_TRUE(lora.run().is_ok());
    // Twice the bytes of the graph's constants are always there: W fits.
    EXPECT_EQ(lora.constant() == nullptr, of_work);
  }
}

// Every layer computes its weight on its own.
TEST(ComputeWeights, EachLayerIsTakenFromTheBudget) {
  Lora lora;
  const ValueId weights = lora.sum(lora.weights, lora.product);
  for (int i = 0; i < 50; ++i) lora.layer(weights);
  lora.options.max_folded_bytes = 0;  // twice what the graph has: W fits two or three times
  ASSERT_TRUE(lora.run().is_ok());
  int computed = 0;
  for (const Node& node : lora.graph.nodes())
    computed += node.name == "query" && lora.graph.value(node.inputs[1]).constant ? 1 : 0;
  EXPECT_GE(computed, 1);
  EXPECT_LE(computed, 3);
}

// Each step reads the one before twice: as a tree it has 2^40 nodes.
TEST(ComputeWeights, WhatIsReadAgainAndAgainStays) {
  Lora lora;
  ValueId doubled = lora.product;
  for (int i = 0; i < 40; ++i) doubled = lora.sum(doubled, doubled);
  lora.layer(doubled);
  ASSERT_TRUE(lora.run().is_ok());
  EXPECT_EQ(lora.constant(), nullptr);
}

TEST(ComputeWeights, ErrorsOfTheEvaluatorNameTheNode) {
  Lora lora;
  lora.options.evaluate = [](const Attributes&,
                             std::span<const Tensor>) -> Result<std::vector<Tensor>> {
    return unsupported("not today");
  };
  lora.layer(lora.sum(lora.weights, lora.product));
  ASSERT_TRUE(lora.run().is_ok());
  EXPECT_THAT(lora.constant()->load().status().message(),
              ::testing::AllOf(::testing::HasSubstr("\"ab\""), ::testing::HasSubstr("not today")));
}

}  // namespace
}  // namespace octet::test
