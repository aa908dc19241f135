// fuse_attention: every spelling becomes one node with the same result.
#include "runtime/passes/attention/fuse_attention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/attention_spellings.h"
#include "tests/support/float_bounds.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr AttentionExtents kExtents;

void fuse(Graph& graph) {
  Status status = fuse_attention(graph, {});
  if (status.is_ok()) status = graph.normalize();
  if (status.is_ok()) status = verify(graph);
  ASSERT_TRUE(status.is_ok()) << status.message();
}

// Row 1 of sequence 0 keeps no key at all; the last key of sequence 1 is padding.
Tensor keep_mask(bool with_empty_row) {
  Tensor keep(DType::kBool, {kExtents.batch, 1, kExtents.queries, kExtents.keys});
  for (int64_t i = 0; i < keep.element_count(); ++i) {
    const int64_t key = i % kExtents.keys, row = i / kExtents.keys;
    const bool padding = row >= kExtents.queries && key == kExtents.keys - 1;
    keep.elements<bool>()[static_cast<size_t>(i)] = !padding && !(with_empty_row && row == 1);
  }
  return keep;
}

std::vector<Tensor> inputs_for(const AttentionSpelling& spelling, bool with_empty_row) {
  std::vector<Tensor> inputs = {
      random_floats({kExtents.batch, kExtents.queries, kExtents.heads * kExtents.depth}, 1),
      random_floats({kExtents.batch, kExtents.keys, kExtents.heads * kExtents.depth}, 2),
      random_floats({kExtents.batch, kExtents.keys, kExtents.heads * kExtents.value_depth}, 3)};
  if (spelling.mask == MaskSpelling::kAdd) {
    inputs.push_back(random_floats({kExtents.batch, 1, 1, kExtents.keys}, 4));
  } else if (spelling.mask != MaskSpelling::kNone) {
    inputs.push_back(keep_mask(with_empty_row));
  }
  return inputs;
}

// Inputs are within [-1, 1]: |score| <= D. Both orders of the scale's product round each score D +
// 4 times (the product, a root on each side, the mask), so two scores differ by at most 2 gamma(D +
// 4) (D + 1), weights by e to the power of twice that, relatively; exp, sum and quotient add 2 Sk +
// 40 roundings, and the second product Sk. |v| <= 1 and the weights add up to 1.
double bound() {
  const double scores = 2 * gamma(kExtents.depth + 4) * static_cast<double>(kExtents.depth + 1);
  return std::expm1(2 * scores) + 2 * gamma(3 * kExtents.keys + 40);
}

void expect_close(const Tensor& found, const Tensor& expected) {
  ASSERT_EQ(found.shape(), expected.shape());
  const std::vector<double> a = to_doubles(found), b = to_doubles(expected);
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(b[i])) {
      EXPECT_TRUE(std::isnan(a[i])) << i;
    } else {
      EXPECT_NEAR(a[i], b[i], bound()) << i;
    }
  }
}

class FuseAttention : public ::testing::TestWithParam<AttentionSpelling> {};

TEST_P(FuseAttention, GivesOneNodeWithTheSameResult) {
  for (const bool with_empty_row : {false, true}) {
    // -1e4 and finite fills in general weigh a row without a key by its scores, see fill_masks().
    if (with_empty_row && GetParam().fill > -1e30f) continue;
    Graph graph = spelled_attention(GetParam());
    ASSERT_TRUE(graph.normalize().is_ok());
    const std::vector<Tensor> inputs = inputs_for(GetParam(), with_empty_row);
    const auto before = evaluate_graph(graph, inputs);
    ASSERT_TRUE(before.is_ok()) << before.status().message();
    ASSERT_NO_FATAL_FAILURE(fuse(graph));
    EXPECT_EQ(count_nodes(graph, OpKind::kAttention), 1) << to_string(graph);
    EXPECT_EQ(count_nodes(graph, OpKind::kMatMul), 0);
    EXPECT_EQ(count_nodes(graph, OpKind::kSoftmax), 0);
    EXPECT_EQ(count_nodes(graph, OpKind::kExpand), 0);
    EXPECT_EQ(count_nodes(graph, OpKind::kBinary), 0);  // scales and masks went into the node
    const Node* attention = find_node(graph, OpKind::kAttention);
    EXPECT_EQ(attention->inputs.size(), GetParam().mask == MaskSpelling::kNone ? 3u : 4u);
    EXPECT_EQ(attention->as<AttentionAttrs>()->empty_rows_are_zero, GetParam().guard);
    const auto after = evaluate_graph(graph, inputs);
    ASSERT_TRUE(after.is_ok()) << after.status().message();
    expect_close((*after)[0], (*before)[0]);
  }
}

const AttentionSpelling kSpellings[] = {
    {.name = "scale_on_scores"},
    {.name = "no_scale", .scale = ScaleSpelling::kNone},
    {.name = "divided_scores", .scale = ScaleSpelling::kDivScores, .key = KeySpelling::kSwap},
    {.name = "scale_on_query", .scale = ScaleSpelling::kMulQuery, .mask = MaskSpelling::kAdd},
    {.name = "scale_below_views",
     .scale = ScaleSpelling::kBelowViews,
     .key = KeySpelling::kByWayOfRank3},
    {.name = "torchscript",
     .scale = ScaleSpelling::kRootOnBoth,
     .mask = MaskSpelling::kAddWhere,
     .fill = -kInfinity,
     .guard = true,
     .output = OutputSpelling::kReshapeAndTranspose},
    {.name = "dynamo",
     .scale = ScaleSpelling::kRootOnBoth,
     .key = KeySpelling::kByWayOfRank3,
     .mask = MaskSpelling::kAddWhere,
     .guard = true},
    {.name = "filled", .mask = MaskSpelling::kFill, .fill = -kInfinity},
    {.name = "filled_lowest", .mask = MaskSpelling::kFill},
    {.name = "filled_inverse",
     .scale = ScaleSpelling::kMulQuery,
     .key = KeySpelling::kSwap,
     .mask = MaskSpelling::kFillInverse},
    {.name = "filled_with_ten_thousand", .mask = MaskSpelling::kFillInverse, .fill = -1e4f},
    {.name = "computed_key", .key = KeySpelling::kPlainTranspose},
    {.name = "heads_major_output", .output = OutputSpelling::kHeadsMajor},
    {.name = "rank3",
     .scale = ScaleSpelling::kBelowViews,
     .key = KeySpelling::kSwap,
     .rank3 = true},
    {.name = "rank3_masked",
     .scale = ScaleSpelling::kMulQuery,
     .mask = MaskSpelling::kAdd,
     .rank3 = true},
    {.name = "rank3_filled",
     .mask = MaskSpelling::kFill,
     .fill = -kInfinity,
     .guard = true,
     .rank3 = true},
};
INSTANTIATE_TEST_SUITE_P(Spellings, FuseAttention, ::testing::ValuesIn(kSpellings),
                         [](const auto& info) { return info.param.name; });

TEST(FuseAttentionNodes, KeepsViewsAndDropsTheTransposeOfTheResult) {
  Graph graph = spelled_attention({.name = "", .mask = MaskSpelling::kAdd, .guard = true});
  ASSERT_TRUE(graph.normalize().is_ok());
  EXPECT_THAT(
      op_labels(graph),
      ElementsAre("reshape", "transpose", "reshape", "transpose", "reshape", "transpose", "matmul",
                  "mul", "add", "softmax", "is_nan", "where", "matmul", "transpose", "reshape"));
  ASSERT_NO_FATAL_FAILURE(fuse(graph));
  EXPECT_THAT(op_labels(graph), ElementsAre("reshape", "transpose", "reshape", "reshape",
                                            "transpose", "transpose", "attention", "reshape"));
  const Node* attention = find_node(graph, OpKind::kAttention);
  EXPECT_EQ(attention->name, "softmax");
  EXPECT_EQ(attention->as<AttentionAttrs>()->scale, kTestScale);
  EXPECT_EQ(
      graph.value(attention->outputs[0]).type.shape,
      (SymbolicShape{kExtents.batch, kExtents.queries, kExtents.heads, kExtents.value_depth}));
}

TEST(FuseAttentionNodes, RankThreeReadsWhatWasFlattened) {
  Graph graph = spelled_attention({.name = "", .scale = ScaleSpelling::kBelowViews, .rank3 = true});
  ASSERT_NO_FATAL_FAILURE(fuse(graph));
  const Node* attention = find_node(graph, OpKind::kAttention);
  ASSERT_NE(attention, nullptr);
  EXPECT_EQ(graph.value(attention->inputs[0]).type.shape,
            (SymbolicShape{kExtents.batch, kExtents.heads, kExtents.queries, kExtents.depth}));
  EXPECT_EQ(count_nodes(graph, OpKind::kReshape), 4);  // three splits into heads, one merge
}

TEST(FuseAttentionNodes, RankThreeWithoutHeadsGetsOne) {
  Graph graph;
  const ValueId q = add_input(graph, "q", DType::kF32, {2, 4, 8});
  const ValueId k_transposed = add_input(graph, "k", DType::kF32, {2, 8, 5});
  const ValueId v = add_input(graph, "v", DType::kF32, {2, 5, 6});
  const ValueId scores = add_node(graph, "scores", MatMulAttrs{}, {q, k_transposed});
  const ValueId mask = add_input(graph, "mask", DType::kF32, {2, 1, 5});
  const ValueId masked =
      add_node(graph, "masked", BinaryAttrs{BinaryFunction::kAdd}, {scores, mask});
  const ValueId weights = add_node(graph, "softmax", SoftmaxAttrs{.axis = 2}, {masked});
  graph.add_output(add_node(graph, "context", MatMulAttrs{}, {weights, v}), "output");
  const std::vector<Tensor> inputs = {random_floats({2, 4, 8}, 1), random_floats({2, 8, 5}, 2),
                                      random_floats({2, 5, 6}, 3), random_floats({2, 1, 5}, 4)};
  const auto before = evaluate_graph(graph, inputs);
  ASSERT_TRUE(before.is_ok());
  ASSERT_NO_FATAL_FAILURE(fuse(graph));
  EXPECT_EQ(count_nodes(graph, OpKind::kAttention), 1) << to_string(graph);
  const auto after = evaluate_graph(graph, inputs);
  ASSERT_TRUE(after.is_ok()) << after.status().message();
  expect_close((*after)[0], (*before)[0]);
}

TEST(FuseAttentionNodes, MasksOfAttentionNodesAreSimplifiedToo) {
  Graph graph;
  const ValueId q = add_input(graph, "q", DType::kF32, {2, 3, 4, 8});
  const ValueId k = add_input(graph, "k", DType::kF32, {2, 3, 5, 8});
  const ValueId v = add_input(graph, "v", DType::kF32, {2, 3, 5, 6});
  const ValueId mask = add_input(graph, "mask", DType::kF32, {2, 1, 1, 5});
  const ValueId expanded = add_node(graph, "expanded", ExpandAttrs{{2, 3, 4, 5}}, {mask});
  graph.add_output(add_node(graph, "attention", AttentionAttrs{}, {q, k, v, expanded}), "output");
  ASSERT_NO_FATAL_FAILURE(fuse(graph));
  EXPECT_THAT(op_labels(graph), ElementsAre("attention"));
  EXPECT_THAT(graph.nodes()[0].inputs, ElementsAre(q, k, v, mask));
}

}  // namespace
}  // namespace octet::test
