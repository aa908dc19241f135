// merge_linears and narrow_attention: what they join and narrow, bit for bit, and what they leave
// alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/numerics/quantize_weights.h"
#include "runtime/passes/attention/narrow_attention.h"
#include "runtime/passes/linear/merge_linears.h"
#include "tests/support/evaluate_graph.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

constexpr int64_t kWidth = 8, kHeads = 2, kBatch = 2, kTokens = 3;

// Self-attention of quantized projections as quantize_linear leaves it.
struct Projections {
  Graph graph;
  ValueId codes, params, q, k, v;
  std::vector<QuantizedTensor> weights;

  explicit Projections(Activation query_activation = Activation::kNone) {
    const ValueId src = add_input(graph, "src", DType::kF32, {kBatch, kTokens, kWidth});
    const auto rows = graph.add_node("rows", QuantizeRowsAttrs{}, {src}).value();
    codes = rows[0];
    params = rows[1];
    q = layer("q", true, query_activation);
    k = layer("k", false);
    v = layer("v", true);
  }
  ValueId layer(const std::string& name, bool with_bias,
                Activation activation = Activation::kNone) {
    QuantizedLinearAttrs attrs;
    weights.push_back(*numerics::quantize_weights_per_channel(
        random_floats({kWidth, kWidth}, weights.size() + 1), nullptr));
    attrs.weights = std::make_shared<const QuantizedConstant>(weights.back());
    attrs.epilogue.activation = activation;
    attrs.parts = {{.name = name, .aliases = {name + ".weight"}, .first_row = 0, .rows = kWidth}};
    std::vector<ValueId> inputs = {codes, params};
    if (with_bias)
      inputs.push_back(
          add_floats(graph, name + ".bias", random_floats({kWidth}, 20 + weights.size())));
    return add_node(graph, name, attrs, inputs);
  }
  ValueId heads(const std::string& name, ValueId value) {
    const ValueId split = add_node(
        graph, name + "_split", ReshapeAttrs{{kBatch, kTokens, kHeads, kWidth / kHeads}}, {value});
    return add_node(graph, name + "_heads", TransposeAttrs{{0, 2, 1, 3}}, {split});
  }
  ValueId attend(ValueId query, ValueId key, ValueId value) {
    const ValueId dst = add_node(graph, "attention", AttentionAttrs{.scale = 0.5f},
                                 {heads("q", query), heads("k", key), heads("v", value)});
    graph.add_output(dst, "output");
    return dst;
  }
  void run(PassFunction pass, const PassOptions& options = {}) {
    Status status = graph.normalize();
    if (status.is_ok()) status = pass(graph, options);
    if (status.is_ok()) status = graph.normalize();
    if (status.is_ok()) status = verify(graph);
    ASSERT_TRUE(status.is_ok()) << status.message();
  }
};

const std::vector<Tensor> kInputs = {random_floats({kBatch, kTokens, kWidth}, 9)};

PassOptions bf16() {
  PassOptions options;
  options.features.bf16_attention = Support::yes();
  return options;
}

TEST(MergeLinears, JoinsTheProjectionsOfAnAttention) {
  Projections p;
  p.attend(p.q, p.k, p.v);
  const auto before = evaluate_graph(p.graph, kInputs);
  ASSERT_NO_FATAL_FAILURE(p.run(merge_linears));
  EXPECT_THAT(
      op_labels(p.graph),
      ElementsAre("quantize_rows", "quantized_linear", "slice", "reshape", "transpose", "slice",
                  "reshape", "transpose", "slice", "reshape", "transpose", "attention"));
  const auto after = evaluate_graph(p.graph, kInputs);
  ASSERT_TRUE(before.is_ok() && after.is_ok());
  EXPECT_THAT((*after)[0].elements<const float>(),
              ElementsAreArray((*before)[0].elements<const float>()));
}

TEST(MergeLinears, ConcatenatesComponentsBitForBit) {
  Projections p;
  p.attend(p.q, p.k, p.v);
  ASSERT_NO_FATAL_FAILURE(p.run(merge_linears));
  const Node* merged = find_node(p.graph, OpKind::kQuantizedLinear);
  const auto* attrs = merged->as<QuantizedLinearAttrs>();
  EXPECT_EQ(merged->name, "q + k + v");
  const auto joined = attrs->weights->load();
  ASSERT_TRUE(joined.is_ok()) << joined.status().message();
  ASSERT_EQ(joined->int_data.shape(), (Shape{3 * kWidth, kWidth}));
  for (size_t i = 0; i < 3; ++i) {
    const auto codes = p.weights[i].int_data.elements<const int8_t>();
    EXPECT_THAT(joined->int_data.elements<const int8_t>().subspan(i * codes.size(), codes.size()),
                ElementsAreArray(codes));
    EXPECT_THAT(joined->scale.elements<const float>().subspan(i * kWidth, kWidth),
                ElementsAreArray(p.weights[i].scale.elements<const float>()));
  }
  ASSERT_EQ(attrs->parts.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    const std::string name(1, "qkv"[i]);
    EXPECT_EQ(attrs->parts[i].name, name);
    EXPECT_THAT(attrs->parts[i].aliases, ElementsAre(name + ".weight"));
    EXPECT_EQ(attrs->parts[i].first_row, static_cast<int64_t>(i) * kWidth);
    EXPECT_EQ(attrs->parts[i].rows, kWidth);
  }
  const auto bias = p.graph.value(merged->inputs[2]).constant->load();
  const auto k_bias = bias->elements<const float>().subspan(kWidth, kWidth);
  EXPECT_THAT(k_bias, ::testing::Each(0.0f));  // k had none
}

TEST(MergeLinears, CrossAttentionJoinsKeysAndValues) {
  Projections p;
  const ValueId query = add_input(p.graph, "query", DType::kF32, {kBatch, kTokens, kWidth});
  p.attend(query, p.k, p.v);
  ASSERT_NO_FATAL_FAILURE(p.run(merge_linears));
  EXPECT_EQ(find_node(p.graph, OpKind::kQuantizedLinear)->name, "k + v");
  EXPECT_EQ(count_nodes(p.graph, OpKind::kQuantizedLinear), 1);
}

TEST(MergeLinears, LeavesAloneWhatOthersRead) {
  Projections p;
  p.attend(p.q, p.k, p.v);
  p.graph.add_output(p.k, "keys");
  p.graph.add_output(add_node(p.graph, "relu", UnaryAttrs{UnaryFunction::kRelu}, {p.v}), "values");
  ASSERT_NO_FATAL_FAILURE(p.run(merge_linears));
  EXPECT_EQ(count_nodes(p.graph, OpKind::kQuantizedLinear), 3);
}

TEST(MergeLinears, LeavesAloneWhatHasAnActivation) {
  Projections p(Activation::kRelu);
  p.attend(p.q, p.k, p.v);
  ASSERT_NO_FATAL_FAILURE(p.run(merge_linears));
  EXPECT_EQ(count_nodes(p.graph, OpKind::kQuantizedLinear), 2);
}

TEST(MergeLinears, LeavesAloneWhatReadsOtherRows) {
  Projections p;
  const ValueId other = add_input(p.graph, "other", DType::kF32, {kBatch, kTokens, kWidth});
  const auto rows = p.graph.add_node("other_rows", QuantizeRowsAttrs{}, {other}).value();
  p.codes = rows[0];
  p.params = rows[1];
  p.attend(p.layer("q2", true), p.k, p.v);
  ASSERT_NO_FATAL_FAILURE(p.run(merge_linears));
  EXPECT_EQ(count_nodes(p.graph, OpKind::kQuantizedLinear), 2);
}

TEST(NarrowAttention, DoesNothingUnasked) {
  Projections p;
  p.attend(p.q, p.k, p.v);
  ASSERT_TRUE(p.graph.normalize().is_ok());
  const std::string before = to_string(p.graph);
  ASSERT_NO_FATAL_FAILURE(p.run(narrow_attention));
  EXPECT_EQ(to_string(p.graph), before);
}

TEST(NarrowAttention, NarrowsLayersAndViews) {
  for (const bool merged : {false, true}) {
    Projections p;
    p.attend(p.q, p.k, p.v);
    if (merged) {
      ASSERT_NO_FATAL_FAILURE(p.run(merge_linears));
    }
    ASSERT_NO_FATAL_FAILURE(p.run(narrow_attention, bf16()));
    for (const Node& node : p.graph.nodes()) {
      const DType dtype = p.graph.value(node.outputs[0]).type.dtype;
      if (node.kind() == OpKind::kQuantizeRows) continue;
      EXPECT_EQ(dtype, node.kind() == OpKind::kAttention ? DType::kF32 : DType::kBF16) << node.name;
    }
  }
}

TEST(NarrowAttention, AllThreeOrNone) {
  Projections p;
  p.attend(p.q, p.k, add_input(p.graph, "values", DType::kF32, {kBatch, kTokens, kWidth}));
  ASSERT_TRUE(p.graph.normalize().is_ok());
  const std::string before = to_string(p.graph);
  ASSERT_NO_FATAL_FAILURE(p.run(narrow_attention, bf16()));
  EXPECT_EQ(to_string(p.graph), before);
}

TEST(NarrowAttention, ALayerThatAnotherReadsKeepsAllOfItsAttentionsWide) {
  Projections p;
  p.attend(p.q, p.k, p.v);
  // Shares k with the first attention, and its q is read by something else.
  const ValueId other_q = p.layer("q2", true), other_v = p.layer("v2", true);
  p.attend(other_q, p.k, other_v);
  p.graph.add_output(other_q, "other_q");
  ASSERT_TRUE(p.graph.normalize().is_ok());
  const std::string before = to_string(p.graph);
  ASSERT_NO_FATAL_FAILURE(p.run(narrow_attention, bf16()));
  EXPECT_EQ(to_string(p.graph), before);
}

}  // namespace
}  // namespace octet::test
