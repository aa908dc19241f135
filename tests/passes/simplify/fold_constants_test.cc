// fold_constants: what becomes a constant and what must not.
#include "runtime/passes/simplify/fold_constants.h"

#include "runtime/core/run_control.h"
#include "tests/passes/pass_testing.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;

TEST(FoldConstants, EvaluatesWhatDependsOnNoInput) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {batch, 3});
  const ValueId constant = add_floats(graph, "c", make_tensor<float>({3}, {1, 4, 9}));
  const ValueId root = add_unary(graph, UnaryFunction::kSqrt, constant);
  const ValueId doubled = add_add(graph, root, root);
  const ValueId y = add_add(graph, x, doubled);
  graph.add_output(y, "y");
  EXPECT_THAT(labels_after(graph, fold_constants), ElementsAre("add"));
  const Value& folded = graph.value(graph.nodes()[0].inputs[1]);
  ASSERT_TRUE(folded.constant);
  EXPECT_THAT(to_doubles(*folded.constant->load()), ElementsAre(2, 4, 6));
  EXPECT_EQ(folded.name, "add");
}

TEST(FoldConstants, TurnsConstantContentsIntoConstantsWithoutAnEvaluator) {
  Graph graph;
  const ValueId table = add_floats(graph, "table", random_floats({10, 3}, 1));
  const ValueId range = add_node(graph, "range", RangeAttrs{DType::kI32, 2, 3, 3}, {});
  graph.add_output(add_node(graph, "gather", GatherAttrs{0}, {table, range}), "y");
  EXPECT_THAT(labels_after(graph, fold_constants, PassOptions{}), ElementsAre("gather"));
  const Value& indices = graph.value(graph.nodes()[0].inputs[1]);
  ASSERT_TRUE(indices.constant);
  EXPECT_EQ(indices.type.dtype, DType::kI32);
  EXPECT_THAT(to_doubles(*indices.constant->load()), ElementsAre(2, 5, 8));
}

TEST(FoldConstants, WhatFollowsAFoldedValueKnowsIt) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {batch, 6});
  const ValueId three = add_scalar(graph, 3, 1);
  const ValueId count =
      add_node(graph, "count", CastAttrs{DType::kI64}, {three});  // int64[1], not known before
  const ValueId ones = add_node(graph, "two", ShapeValuesAttrs{DType::kI64, false, {2}}, {});
  const ValueId product = add_node(graph, "mul", BinaryAttrs{BinaryFunction::kMul}, {count, ones});
  const ValueId slice = add_node(graph, "gather", GatherAttrs{1}, {x, product});
  graph.add_output(slice, "y");
  EXPECT_FALSE(graph.value(product).type.contents);
  EXPECT_THAT(labels_after(graph, fold_constants), ElementsAre("gather"));
}

TEST(FoldConstants, LeavesLargeResultsToTheRun) {
  Graph graph;
  const ValueId one = add_scalar(graph, 1);
  const ValueId expanded =
      add_node(graph, "expand", ExpandAttrs{{300, 100}}, {one});  // 120 kB from 4 bytes
  const ValueId x = add_input(graph, "x", DType::kF32, {300, 100});
  graph.add_output(add_mul(graph, x, expanded), "y");
  EXPECT_THAT(labels_after(graph, fold_constants), ElementsAre("expand", "mul"));
}

TEST(FoldConstants, AChainThatDoublesEnds) {
  Graph graph;
  ValueId value = add_floats(graph, "seed", Tensor(DType::kF32, {1 << 20}));  // 4 MiB
  for (int i = 0; i < 8; ++i) value = add_node(graph, "twice", ConcatAttrs{0}, {value, value});
  graph.add_output(add_unary(graph, UnaryFunction::kRelu, value), "y");
  // 64 MiB is reached after 4 of the 8.
  EXPECT_THAT(labels_after(graph, fold_constants),
              ElementsAre("concat", "concat", "concat", "concat", "relu"));
}

TEST(FoldConstants, LeavesSymbolsInputsAndOutputsAlone) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {batch});
  const ValueId constant = add_scalar(graph, 4);
  const ValueId shown = add_unary(graph, UnaryFunction::kSqrt, constant);
  const ValueId range = add_node(graph, "range", RangeAttrs{DType::kI64, batch, 1, 4}, {});
  const ValueId table = add_floats(graph, "table", random_floats({10}, 1));
  const ValueId start =
      add_node(graph, "slice", SliceAttrs{{Dim::min(batch, 4)}, {2}, {1}}, {table});
  graph.add_output(shown, "shown");
  graph.add_output(range, "range");
  graph.add_output(start, "start");
  graph.add_output(add_unary(graph, UnaryFunction::kRelu, x), "y");
  EXPECT_THAT(labels_after(graph, fold_constants), ElementsAre("sqrt", "range", "slice", "relu"));
}

TEST(FoldConstants, LeavesTheTransposeOfAWeightToFuseLinear) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {batch, 3});
  const ValueId weights = add_floats(graph, "w", random_floats({4, 3}, 1));
  const ValueId transposed = add_node(graph, "t", TransposeAttrs{{1, 0}}, {weights});
  graph.add_output(add_node(graph, "mm", MatMulAttrs{}, {x, transposed}), "y");
  EXPECT_THAT(labels_after(graph, fold_constants), ElementsAre("transpose", "matmul"));
}

TEST(FoldConstants, LeavesMuchWorkToTheRun) {
  const auto product = [] {
    Graph graph;
    const ValueId lhs = add_floats(graph, "lhs", random_floats({50, 50}, 1));
    const ValueId rhs = add_floats(graph, "rhs", random_floats({50, 50}, 2));
    const ValueId x = add_input(graph, "x", DType::kF32, {50, 50});
    const ValueId value = add_node(graph, "product", MatMulAttrs{}, {lhs, rhs});
    graph.add_output(add_add(graph, x, value), "y");
    return graph;
  };
  Graph graph = product();
  EXPECT_THAT(labels_after(graph, fold_constants), ElementsAre("add"));
  PassOptions options = options_with_evaluator();
  options.max_folded_work = 80'000;  // of 132,500; the two constants allow 40,000 more
  graph = product();
  EXPECT_THAT(labels_after(graph, fold_constants, options), ElementsAre("matmul", "add"));
  // An evaluator that is faster says so.
  options.evaluation_cost = [](const Attributes&, InputTypes inputs, const OutputTypes& outputs) {
    EXPECT_EQ(inputs.size(), 2u);
    EXPECT_EQ(outputs.size(), 1u);
    return 1000.0;
  };
  graph = product();
  EXPECT_THAT(labels_after(graph, fold_constants, options), ElementsAre("add"));
}

TEST(FoldConstants, EndsWhenItIsStopped) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {batch});
  const ValueId root = add_unary(graph, UnaryFunction::kSqrt, add_scalar(graph, 4));
  graph.add_output(add_add(graph, x, root), "y");
  const std::atomic<bool> cancelled{true};
  const RunControl control{.cancelled = &cancelled};
  const ControlScope scope(&control);
  EXPECT_EQ(fold_constants(graph, options_with_evaluator()).code(), StatusCode::kCancelled);
}

TEST(FoldConstants, AnErrorOfTheEvaluatorNamesTheNode) {
  Graph graph;
  const ValueId constant = add_scalar(graph, 4);
  const ValueId x = add_input(graph, "x", DType::kF32, {batch});
  graph.add_output(add_add(graph, x, add_unary(graph, UnaryFunction::kSqrt, constant)), "y");
  PassOptions options;
  options.evaluate = [](const Attributes&, std::span<const Tensor>) -> Result<std::vector<Tensor>> {
    return invalid_argument("index 7 is out of range");
  };
  EXPECT_EQ(fold_constants(graph, options).message(),
            "node \"sqrt\" (sqrt): index 7 is out of range");
}

}  // namespace
}  // namespace octet::test
