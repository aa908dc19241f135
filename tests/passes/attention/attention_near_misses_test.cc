// fuse_attention leaves alone what is not quite an attention.
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "runtime/passes/attention/fuse_attention.h"
#include "tests/support/attention_spellings.h"

namespace octet::test {
namespace {

void expect_untouched(Graph& graph) {
  ASSERT_TRUE(graph.normalize().is_ok());
  const std::string before = to_string(graph);
  const Status status = fuse_attention(graph, {});
  ASSERT_TRUE(status.is_ok()) << status.message();
  ASSERT_TRUE(graph.normalize().is_ok());
  EXPECT_EQ(to_string(graph), before);
}

// q [2, 3, 4, 8], k_transposed [2, 3, 8, 5], v [2, 3, 5, 6] as inputs and what each test puts
// between the products.
struct Products {
  Graph graph;
  ValueId q, k_transposed, v, scores;
  explicit Products(SymbolicShape k_shape = {2, 3, 8, 5}, DType dtype = DType::kF32) {
    q = add_input(graph, "q", dtype, {2, 3, 4, 8});
    k_transposed = add_input(graph, "k", dtype, std::move(k_shape));
    v = add_input(graph, "v", dtype, {2, 3, 5, 6});
    scores = add_node(graph, "scores", MatMulAttrs{}, {q, k_transposed});
  }
  ValueId scalar(float value) {
    return add_floats(graph, "scalar", make_tensor<float>({}, {value}));
  }
  ValueId binary(BinaryFunction function, ValueId lhs, ValueId rhs) {
    return add_node(graph, "binary", BinaryAttrs{function}, {lhs, rhs});
  }
  ValueId softmax(ValueId value, int axis = 3) {
    return add_node(graph, "softmax", SoftmaxAttrs{.axis = axis}, {value});
  }
  void finish(ValueId weights) {
    graph.add_output(add_node(graph, "context", MatMulAttrs{}, {weights, v}), "output");
  }
};

TEST(AttentionNearMisses, TheSameProductsAreFusedWithoutTheTwist) {
  Products p;
  p.finish(p.softmax(p.scores));
  ASSERT_TRUE(fuse_attention(p.graph, {}).is_ok());
  EXPECT_EQ(count_nodes(p.graph, OpKind::kAttention), 1);
}

TEST(AttentionNearMisses, SoftmaxOverAnotherAxis) {
  Products p;
  p.finish(p.softmax(p.scores, 2));
  expect_untouched(p.graph);
}

TEST(AttentionNearMisses, LogSoftmax) {
  Products p;
  p.finish(add_node(p.graph, "softmax", SoftmaxAttrs{.axis = 3, .log = true}, {p.scores}));
  expect_untouched(p.graph);
}

TEST(AttentionNearMisses, ScoresAreAnOutput) {
  Products p;
  p.graph.add_output(p.scores, "scores");
  p.finish(p.softmax(p.scores));
  expect_untouched(p.graph);
}

TEST(AttentionNearMisses, WeightsAreUsedTwice) {
  Products p;
  const ValueId weights = p.softmax(p.scores);
  p.graph.add_output(add_node(p.graph, "twice", UnaryAttrs{UnaryFunction::kNeg}, {weights}),
                     "other");
  p.finish(weights);
  expect_untouched(p.graph);
}

TEST(AttentionNearMisses, WeightsAreTheRightOperand) {
  Products p({2, 3, 8, 4});
  const ValueId weights = p.softmax(p.scores);
  const ValueId left = add_input(p.graph, "left", DType::kF32, {2, 3, 6, 4});
  p.graph.add_output(add_node(p.graph, "context", MatMulAttrs{}, {left, weights}), "output");
  expect_untouched(p.graph);
}

TEST(AttentionNearMisses, TheScaleIsComputed) {
  Products p;
  const ValueId scale = add_input(p.graph, "scale", DType::kF32, {});
  p.finish(p.softmax(p.binary(BinaryFunction::kMul, p.scores, scale)));
  expect_untouched(p.graph);
}

TEST(AttentionNearMisses, TheScaleDividesByTheScores) {
  Products p;
  p.finish(p.softmax(p.binary(BinaryFunction::kDiv, p.scalar(2), p.scores)));
  expect_untouched(p.graph);
}

TEST(AttentionNearMisses, TheScaleIsAVector) {
  Products p;
  const ValueId scale = add_floats(p.graph, "scale", make_tensor<float>({5}, {1, 2, 3, 4, 5}));
  p.finish(p.softmax(p.binary(BinaryFunction::kMul, p.scores, scale)));
  expect_untouched(p.graph);
}

TEST(AttentionNearMisses, TheScaleComesAfterTheMask) {
  Products p;
  const ValueId mask = add_input(p.graph, "mask", DType::kF32, {2, 1, 1, 5});
  p.finish(p.softmax(p.binary(BinaryFunction::kMul, p.binary(BinaryFunction::kAdd, p.scores, mask),
                              p.scalar(0.5f))));
  expect_untouched(p.graph);
}

TEST(AttentionNearMisses, TheMaskIsLargerThanTheScores) {
  Products p;
  const ValueId mask = add_input(p.graph, "mask", DType::kF32, {7, 1, 1, 1, 5});
  const ValueId weights = p.softmax(p.binary(BinaryFunction::kAdd, p.scores, mask), 4);
  p.finish(weights);
  expect_untouched(p.graph);
}

TEST(AttentionNearMisses, TheFillDoesNotMask) {
  Products p;
  const ValueId keep = add_input(p.graph, "keep", DType::kBool, {2, 1, 4, 5});
  p.finish(p.softmax(add_node(p.graph, "fill", WhereAttrs{}, {keep, p.scores, p.scalar(-1)})));
  expect_untouched(p.graph);
}

TEST(AttentionNearMisses, TheGuardPutsInSomethingElse) {
  Products p;
  const ValueId weights = p.softmax(p.scores);
  const ValueId is_nan = add_node(p.graph, "is_nan", UnaryAttrs{UnaryFunction::kIsNaN}, {weights});
  p.finish(add_node(p.graph, "guard", WhereAttrs{}, {is_nan, p.scalar(1), weights}));
  expect_untouched(p.graph);
}

TEST(AttentionNearMisses, KeysAreSharedByBroadcasting) {
  Products p({2, 1, 8, 5});
  p.finish(p.softmax(p.scores));
  expect_untouched(p.graph);
}

TEST(AttentionNearMisses, AReshapeBetweenTheProductsMixesRows) {
  Products p;
  const ValueId mixed = add_node(p.graph, "mixed", ReshapeAttrs{{2, 3, 5, 4}}, {p.scores});
  const ValueId weights =
      add_node(p.graph, "unmixed", ReshapeAttrs{{2, 3, 4, 5}}, {p.softmax(mixed)});
  p.finish(weights);
  expect_untouched(p.graph);
}

TEST(AttentionNearMisses, AnotherTypeThanFloat32) {
  Products p({2, 3, 8, 5}, DType::kF64);
  p.finish(p.softmax(p.scores));
  expect_untouched(p.graph);
}

}  // namespace
}  // namespace octet::test
