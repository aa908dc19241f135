// widen_floats: half-precision graphs run in f32, with their own types outside.
#include "runtime/passes/simplify/widen_floats.h"

#include "tests/passes/pass_testing.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;

TEST(WidenFloats, LeavesOtherGraphsAlone) {
  Graph graph;
  const ValueId src = add_input(graph, "x", DType::kF32, {2, 4});
  graph.add_output(add_unary(graph, UnaryFunction::kExp, src), "y");
  EXPECT_THAT(labels_after(graph, widen_floats), ElementsAre("exp"));
}

TEST(WidenFloats, ComputesInF32BetweenNarrowInputsAndOutputs) {
  for (const DType type : {DType::kF16, DType::kBF16}) {
    Graph graph;
    const ValueId src = add_input(graph, "x", type, {2, 4});
    const ValueId weights = add_floats(graph, "w", convert_floats(random_floats({4, 3}, 1), type));
    const ValueId product = add_node(graph, "fc", MatMulAttrs{}, {src, weights});
    graph.add_output(product, "product");
    graph.add_output(add_unary(graph, UnaryFunction::kExp, product), "y");
    ASSERT_TRUE(graph.normalize().is_ok());
    const Tensor numbers = convert_floats(random_floats({2, 4}, 2), type);
    const auto before = evaluate_graph(graph, {numbers});
    EXPECT_THAT(labels_after(graph, widen_floats),
                ElementsAre("cast", "matmul", "exp", "cast", "cast"));
    EXPECT_EQ(graph.value(graph.outputs()[0]).type.dtype, type);
    const auto after = evaluate_graph(graph, {numbers});
    ASSERT_TRUE(before.is_ok() && after.is_ok());
    // A rounding to the narrow type less in the middle.
    const double eps = type == DType::kF16 ? 0x1p-11 : 0x1p-8;
    for (size_t output = 0; output < 2; ++output) {
      const auto expected = to_doubles((*before)[output]), found = to_doubles((*after)[output]);
      for (size_t i = 0; i < expected.size(); ++i)
        EXPECT_NEAR(found[i], expected[i], 4 * eps * (1 + std::abs(expected[i])));
    }
  }
}

TEST(WidenFloats, ConstantsStayNarrowUntilTheyAreRead) {
  Graph graph;
  const ValueId src = add_input(graph, "x", DType::kF16, {2, 4});
  const Tensor narrow = convert_floats(random_floats({4, 3}, 1), DType::kF16);
  const ValueId weights = add_floats(graph, "w", narrow);
  graph.add_output(add_node(graph, "fc", MatMulAttrs{}, {src, weights}), "y");
  labels_after(graph, widen_floats);
  const Value& value = graph.value(find_node(graph, OpKind::kMatMul)->inputs[1]);
  EXPECT_EQ(value.name, "w");
  EXPECT_EQ(to_doubles(value.constant->load().value()), to_doubles(narrow));
}

// 1 + 2^-12 is no half-precision number.
TEST(WidenFloats, ACastOfTheModelStillRounds) {
  Graph graph;
  const ValueId src = add_input(graph, "x", DType::kF32, {1});
  const ValueId narrow = add_node(graph, "narrow", CastAttrs{DType::kF16}, {src});
  graph.add_output(add_node(graph, "wide", CastAttrs{DType::kF32}, {narrow}), "y");
  ASSERT_TRUE(graph.normalize().is_ok());
  labels_after(graph, widen_floats);
  const auto outputs = evaluate_graph(graph, {make_tensor<float>({1}, {1 + 0x1p-12f})});
  EXPECT_THAT(to_doubles((*outputs)[0]), ElementsAre(1));
}

// A layer of two rows of four codes, between casts, with a reader and as an output.
TEST(WidenFloats, LayersOfCodesAreNotRounded) {
  QuantizedTensor weights;
  weights.int_data = random_integers(DType::kI8, {2, 4}, 1, -9, 9);
  weights.scale = make_tensor<float>({2}, {0.125f, 1});
  QuantizedLinearAttrs layer;
  layer.weights = std::make_shared<const QuantizedConstant>(weights);
  layer.scheme = QuantizationScheme::w8();
  layer.parts = {{"fc", {}, 0, 2}};
  for (const DType type : {DType::kF16, DType::kBF16}) {
    for (const bool is_narrow : {true, false}) {
      Graph graph;
      ValueId src = add_input(graph, "x", is_narrow ? type : DType::kF32, {3, 4});
      if (is_narrow) src = add_node(graph, "src", CastAttrs{DType::kF32}, {src});
      const ValueId sums = add_node(graph, "fc", layer, {src, kNoValue});
      const ValueId rounded = add_node(graph, "rounded", CastAttrs{type}, {sums});
      graph.add_output(rounded, "rounded");
      graph.add_output(add_unary(graph, UnaryFunction::kNeg, rounded), "y");
      labels_after(graph, widen_floats);
      // The result of a layer that the model computes in f32 is rounded, because it says so.
      const Node* negated = find_node(graph, OpKind::kUnary);
      const Node* read = graph.producer(negated->inputs[0]);
      EXPECT_EQ(read->as<QuantizedLinearAttrs>() != nullptr, is_narrow) << to_string(graph);
      for (const ValueId id : graph.outputs()) EXPECT_EQ(graph.value(id).type.dtype, type);
    }
  }
}

TEST(WidenFloats, AttentionsOfNarrowQueriesAreNotRounded) {
  for (const bool is_narrow : {true, false}) {
    Graph graph;
    ValueId q = add_input(graph, "q", is_narrow ? DType::kF16 : DType::kF32, {1, 2, 3, 4});
    const ValueId k = add_input(graph, "k", DType::kF32, {1, 2, 5, 4});
    if (is_narrow) q = add_node(graph, "wide", CastAttrs{DType::kF32}, {q});
    const ValueId tokens = add_node(graph, "attention", AttentionAttrs{}, {q, k, k});
    const ValueId rounded = add_node(graph, "rounded", CastAttrs{DType::kF16}, {tokens});
    graph.add_output(add_unary(graph, UnaryFunction::kNeg, rounded), "y");
    labels_after(graph, widen_floats);
    const Node* read = graph.producer(find_node(graph, OpKind::kUnary)->inputs[0]);
    EXPECT_EQ(read->as<AttentionAttrs>() != nullptr, is_narrow) << to_string(graph);
    EXPECT_EQ(graph.value(graph.outputs()[0]).type.dtype, DType::kF16);
  }
}

TEST(WidenFloats, AnInputThatIsAnOutputKeepsItsType) {
  Graph graph;
  const ValueId src = add_input(graph, "x", DType::kF16, {2});
  graph.add_output(src, "same");
  graph.add_output(add_unary(graph, UnaryFunction::kNeg, src), "y");
  labels_after(graph, widen_floats);
  for (const ValueId id : graph.outputs()) EXPECT_EQ(graph.value(id).type.dtype, DType::kF16);
}

}  // namespace
}  // namespace octet::test
