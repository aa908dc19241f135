// AttentionMasks: canonical additive masks, shared, without what masks nothing.
#include "runtime/passes/attention/attention_mask.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "runtime/passes/attention/always_true.h"
#include "runtime/passes/attention/fuse_attention.h"
#include "tests/support/evaluate_graph.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;

constexpr float kLowest = std::numeric_limits<float>::lowest();
const Dim kBatch = Dim::symbol("batch"), kSeq = Dim::symbol("seq");

// What exporters make of "every token may look at every token that is no padding":
// and(index_of_query >= 0, keep[batch, index_of_key]) expanded to all scores.
struct ExportedMask {
  Graph graph;
  ValueId keep, condition, expanded;
  ExportedMask() {
    keep = add_input(graph, "keep", DType::kBool, {kBatch, 1, 1, kSeq});
    const ValueId indices = add_node(graph, "indices", RangeAttrs{DType::kI64, 0, 1, kSeq}, {});
    const ValueId column = add_node(graph, "column", ReshapeAttrs{{1, 1, kSeq, 1}}, {indices});
    const ValueId zero =
        graph.add_constant("zero", Constant(make_tensor<int64_t>({}, {0}))).value();
    const ValueId all =
        add_node(graph, "all", BinaryAttrs{BinaryFunction::kGreaterOrEqual}, {column, zero});
    condition = add_node(graph, "condition", BinaryAttrs{BinaryFunction::kAnd}, {all, keep});
    expanded = add_node(graph, "expanded", ExpandAttrs{{kBatch, 1, kSeq, kSeq}}, {condition});
  }
  ValueId scalar(float value) {
    return add_floats(graph, "scalar", make_tensor<float>({1}, {value}));
  }
  ValueId additive(float fill) {
    return add_node(graph, "additive", WhereAttrs{}, {expanded, scalar(0), scalar(fill)});
  }
  const Node& producer(ValueId value) { return *GraphIndex(graph).producer(value); }
};

TEST(FillMasks, OnlyLargeNegativeNumbers) {
  EXPECT_TRUE(fill_masks(-1e4f));
  EXPECT_TRUE(fill_masks(kLowest));
  EXPECT_TRUE(fill_masks(-std::numeric_limits<float>::infinity()));
  EXPECT_FALSE(fill_masks(-9999));
  EXPECT_FALSE(fill_masks(0));
  EXPECT_FALSE(fill_masks(1e4f));
  EXPECT_FALSE(fill_masks(std::nanf("")));
}

TEST(AttentionMasks, DropsExpandAndWhatIsAlwaysTrue) {
  ExportedMask m;
  AttentionMasks masks;
  const auto mask = masks.combine(m.graph, {{.addend = m.additive(kLowest)}});
  ASSERT_TRUE(mask.is_ok());
  EXPECT_EQ(m.producer(*mask).inputs[0], m.keep);
  EXPECT_EQ(m.graph.value(*mask).type.shape, (SymbolicShape{kBatch, 1, 1, kSeq}));
  EXPECT_EQ(scalar_constant(m.graph, m.producer(*mask).inputs[1]), 0.0);
  EXPECT_EQ(scalar_constant(m.graph, m.producer(*mask).inputs[2]), static_cast<double>(kLowest));
}

TEST(AttentionMasks, LayersShareTheirMaskWhateverTheirSpelling) {
  ExportedMask m;
  AttentionMasks masks;
  const auto first = masks.combine(m.graph, {{.addend = m.additive(kLowest)}});
  const auto again = masks.combine(m.graph, {{.addend = m.additive(kLowest)}});
  const auto filled =
      masks.combine(m.graph, {{.condition = m.condition, .keep = true, .fill = kLowest}});
  const auto other =
      masks.combine(m.graph, {{.condition = m.condition, .keep = true, .fill = -1e9f}});
  ASSERT_TRUE(first.is_ok() && again.is_ok() && filled.is_ok() && other.is_ok());
  EXPECT_EQ(*first, *again);
  EXPECT_EQ(*first, *filled);
  EXPECT_NE(*first, *other);
}

TEST(AttentionMasks, InvertedConditionsKeepTheirSense) {
  ExportedMask m;
  AttentionMasks masks;
  const auto mask = masks.combine(m.graph, {{.condition = m.keep, .keep = false, .fill = kLowest}});
  ASSERT_TRUE(mask.is_ok());
  EXPECT_EQ(m.producer(*mask).inputs[0], m.keep);
  EXPECT_EQ(scalar_constant(m.graph, m.producer(*mask).inputs[1]), static_cast<double>(kLowest));
  EXPECT_EQ(scalar_constant(m.graph, m.producer(*mask).inputs[2]), 0.0);
}

TEST(AttentionMasks, AMaskOfNothingIsNoMask) {
  ExportedMask m;
  Tensor all(DType::kBool, {1, 1, 3, 1});
  for (bool& element : all.elements<bool>()) element = true;
  const ValueId constant = m.graph.add_constant("all", Constant(all)).value();
  const ValueId expanded =
      add_node(m.graph, "all_expanded", ExpandAttrs{{kBatch, 1, 3, 3}}, {constant});
  const ValueId additive =
      add_node(m.graph, "nothing", WhereAttrs{}, {expanded, m.scalar(0), m.scalar(kLowest)});
  AttentionMasks masks;
  const auto mask = masks.combine(m.graph, {{.addend = additive}});
  ASSERT_TRUE(mask.is_ok());
  EXPECT_EQ(*mask, kNoValue);
}

TEST(AttentionMasks, KeepsAConditionThatSaysSomething) {
  ExportedMask m;
  // Causal: index_of_key <= index_of_query.
  const ValueId indices = add_node(m.graph, "indices2", RangeAttrs{DType::kI64, 0, 1, kSeq}, {});
  const ValueId column = add_node(m.graph, "column2", ReshapeAttrs{{1, 1, kSeq, 1}}, {indices});
  const ValueId row = add_node(m.graph, "row2", ReshapeAttrs{{1, 1, 1, kSeq}}, {indices});
  const ValueId causal =
      add_node(m.graph, "causal", BinaryAttrs{BinaryFunction::kLessOrEqual}, {row, column});
  const ValueId both =
      add_node(m.graph, "both", BinaryAttrs{BinaryFunction::kAnd}, {causal, m.condition});
  AttentionMasks masks;
  const auto mask = masks.combine(m.graph, {{.condition = both, .keep = true, .fill = kLowest}});
  ASSERT_TRUE(mask.is_ok());
  const Node& simplified = m.producer(m.producer(*mask).inputs[0]);
  EXPECT_THAT(simplified.inputs, ElementsAre(causal, m.keep));
  EXPECT_EQ(m.graph.value(*mask).type.shape, (SymbolicShape{kBatch, 1, kSeq, kSeq}));
}

TEST(AttentionMasks, AddsSeveralOnce) {
  ExportedMask m;
  const ValueId bias = add_input(m.graph, "bias", DType::kF32, {1, 4, kSeq, kSeq});
  AttentionMasks masks;
  const std::vector<MaskPiece> pieces = {{.addend = bias}, {.addend = m.additive(kLowest)}};
  const auto first = masks.combine(m.graph, pieces), second = masks.combine(m.graph, pieces);
  ASSERT_TRUE(first.is_ok() && second.is_ok());
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(m.producer(*first).as<BinaryAttrs>()->function, BinaryFunction::kAdd);
}

TEST(AlwaysTrue, ComparesRangesWithConstants) {
  Graph graph;
  const auto constant = [&](int64_t value) {
    return graph.add_constant("c", Constant(make_tensor<int64_t>({}, {value}))).value();
  };
  const ValueId up = add_node(graph, "up", RangeAttrs{DType::kI64, 2, 1, kSeq}, {});
  const ValueId down = add_node(graph, "down", RangeAttrs{DType::kI64, 2, -1, kSeq}, {});
  const auto compare = [&](BinaryFunction function, ValueId lhs, ValueId rhs) {
    const ValueId value = add_node(graph, "compare", BinaryAttrs{function}, {lhs, rhs});
    return is_always_true(graph, GraphIndex(graph), value);
  };
  EXPECT_TRUE(compare(BinaryFunction::kGreaterOrEqual, up, constant(2)));
  EXPECT_FALSE(compare(BinaryFunction::kGreater, up, constant(2)));
  EXPECT_TRUE(compare(BinaryFunction::kGreater, up, constant(1)));
  EXPECT_FALSE(compare(BinaryFunction::kGreaterOrEqual, up, constant(3)));
  EXPECT_TRUE(compare(BinaryFunction::kLessOrEqual, constant(2), up));
  EXPECT_TRUE(compare(BinaryFunction::kLess, constant(1), up));
  EXPECT_FALSE(compare(BinaryFunction::kLessOrEqual, up, constant(100)));
  EXPECT_FALSE(compare(BinaryFunction::kGreaterOrEqual, down, constant(-100)));
  EXPECT_FALSE(compare(BinaryFunction::kEqual, up, up));
}

TEST(AlwaysTrue, InputsAreNot) {
  Graph graph;
  const ValueId input = add_input(graph, "x", DType::kBool, {kSeq});
  EXPECT_FALSE(is_always_true(graph, GraphIndex(graph), input));
}

// Each level asks twice for the one below: without an end to its questions this takes 2^60 of them.
TEST(IsAlwaysTrue, NestedConditionsHaveAnEnd) {
  Graph graph;
  const ValueId keep = add_input(graph, "keep", DType::kBool, {kBatch, kSeq});
  for (const BinaryFunction function : {BinaryFunction::kOr, BinaryFunction::kAnd}) {
    ValueId value = keep;
    for (int i = 0; i < 60; ++i)
      value = add_node(graph, "nested", BinaryAttrs{function}, {value, value});
    EXPECT_FALSE(is_always_true(graph, GraphIndex(graph), value));
  }
}

}  // namespace
}  // namespace octet::test
