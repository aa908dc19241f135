// materialize_shapes, remove_identities and share_common_nodes.
#include "runtime/passes/simplify/materialize_shapes.h"
#include "runtime/passes/simplify/remove_identities.h"
#include "runtime/passes/simplify/share_common_nodes.h"
#include "tests/passes/pass_testing.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ValueId add_shape(Graph& graph, std::vector<Dim> values) {
  return add_node(graph, "shape", ShapeValuesAttrs{DType::kI64, false, std::move(values)}, {});
}

TEST(MaterializeShapes, AChainBecomesOneNode) {
  Graph graph;
  const ValueId shape = add_shape(graph, {batch, seq, 4});
  const ValueId total =
      add_node(graph, "prod", ReduceAttrs{ReduceFunction::kProd, {0}, true}, {shape});
  const ValueId both = add_node(graph, "concat", ConcatAttrs{0}, {total, shape});
  const ValueId x = add_input(graph, "x", DType::kI64, {seq, 4});
  graph.add_output(add_add(graph, x, both), "y");
  EXPECT_THAT(labels_after(graph, materialize_shapes), ElementsAre("shape_values", "add"));
  EXPECT_EQ(to_string(SymbolicShape(graph.nodes()[0].as<ShapeValuesAttrs>()->values)),
            "[4*batch*seq, batch, seq, 4]");
}

TEST(MaterializeShapes, KeepsScalarsAndTypes) {
  Graph graph;
  const ValueId shape = add_shape(graph, {batch, seq});
  const ValueId index = *graph.add_constant("i", Constant(make_tensor<int64_t>({}, {1})));
  const ValueId length = add_node(graph, "gather", GatherAttrs{0}, {shape, index});
  const ValueId narrow = add_node(graph, "cast", CastAttrs{DType::kI32}, {length});
  graph.add_output(narrow, "length");
  EXPECT_THAT(labels_after(graph, materialize_shapes), ElementsAre("shape_values"));
  EXPECT_EQ(to_string(graph.value(graph.outputs()[0]).type), "int32[]");
}

TEST(MaterializeShapes, LeavesElementsOfInputsAlone) {
  Graph graph;
  const ValueId size = graph.add_input("size", {DType::kI64, {2}, {}, {}});
  graph.add_output(add_add(graph, size, size), "twice");
  EXPECT_THAT(labels_after(graph, materialize_shapes), ElementsAre("add"));
}

// x -> relu -> the node under test -> tanh
Graph between(const std::function<ValueId(Graph&, ValueId)>& middle) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {batch, seq, 4});
  const ValueId y = middle(graph, add_unary(graph, UnaryFunction::kRelu, x));
  graph.add_output(add_unary(graph, UnaryFunction::kTanh, y), "y");
  return graph;
}

TEST(RemoveIdentities, RemovesEachKind) {
  const std::vector<std::function<ValueId(Graph&, ValueId)>> identities = {
      [](Graph& g, ValueId x) {
        return add_node(g, "n", ReshapeAttrs{{batch, seq, 4}}, {x});
      },
      [](Graph& g, ValueId x) {
        return add_node(g, "n", ExpandAttrs{{batch, seq, 4}}, {x});
      },
      [](Graph& g, ValueId x) { return add_node(g, "n", CastAttrs{DType::kF32}, {x}); },
      [](Graph& g, ValueId x) {
        return add_node(g, "n", TransposeAttrs{{0, 1, 2}}, {x});
      },
      [](Graph& g, ValueId x) { return add_node(g, "n", ConcatAttrs{1}, {x}); },
      [](Graph& g, ValueId x) {
        return add_node(g, "n", SliceAttrs{{0, 0, 0}, {batch, seq, 4}, {1, 1, 1}}, {x});
      },
      [](Graph& g, ValueId x) { return add_add(g, x, add_scalar(g, 0)); },
      [](Graph& g, ValueId x) { return add_add(g, add_scalar(g, 0, 3), x); },
      [](Graph& g, ValueId x) { return add_mul(g, add_scalar(g, 1), x); },
      [](Graph& g, ValueId x) { return add_binary(g, BinaryFunction::kSub, x, add_scalar(g, 0)); },
      [](Graph& g, ValueId x) { return add_binary(g, BinaryFunction::kDiv, x, add_scalar(g, 1)); },
      [](Graph& g, ValueId x) {
        return add_node(g, "n", TransposeAttrs{{2, 0, 1}},
                        {add_node(g, "m", TransposeAttrs{{1, 2, 0}}, {x})});
      },
  };
  for (size_t i = 0; i < identities.size(); ++i) {
    Graph graph = between(identities[i]);
    EXPECT_THAT(labels_after(graph, remove_identities), ElementsAre("relu", "tanh")) << i;
  }
}

TEST(RemoveIdentities, LeavesEachNearMiss) {
  const std::vector<std::function<ValueId(Graph&, ValueId)>> others = {
      [](Graph& g, ValueId x) {
        return add_node(g, "n", ReshapeAttrs{{batch * seq, 4}}, {x});
      },
      [](Graph& g, ValueId x) {
        return add_node(g, "n", ExpandAttrs{{1, batch, seq, 4}}, {x});
      },
      [](Graph& g, ValueId x) {
        return add_node(g, "n", TransposeAttrs{{1, 0, 2}}, {x});
      },
      [](Graph& g, ValueId x) {
        return add_node(g, "n", ConcatAttrs{1}, {x, x});
      },
      [](Graph& g, ValueId x) {
        return add_node(g, "n", SliceAttrs{{0, 0, 3}, {batch, seq, 4}, {1, 1, -1}}, {x});
      },
      [](Graph& g, ValueId x) { return add_add(g, x, add_scalar(g, 1)); },
      [](Graph& g, ValueId x) { return add_add(g, x, add_scalar(g, 0, 4)); },  // raises the rank
      [](Graph& g, ValueId x) { return add_binary(g, BinaryFunction::kSub, add_scalar(g, 0), x); },
      [](Graph& g, ValueId x) { return add_binary(g, BinaryFunction::kDiv, add_scalar(g, 1), x); },
      [](Graph& g, ValueId x) { return add_mul(g, x, add_scalar(g, 0)); },
  };
  for (size_t i = 0; i < others.size(); ++i) {
    Graph graph = between(others[i]);
    EXPECT_EQ(labels_after(graph, remove_identities).size(), 3u) << i;
  }
  Graph graph = between([](Graph& g, ValueId x) {
    return add_node(g, "n", TransposeAttrs{{1, 2, 0}},
                    {add_node(g, "m", TransposeAttrs{{1, 2, 0}}, {x})});
  });
  EXPECT_EQ(labels_after(graph, remove_identities).size(), 4u);
}

TEST(RemoveIdentities, JoinsReshapes) {
  Graph graph = between([](Graph& g, ValueId x) {
    const ValueId flat = add_node(g, "flat", ReshapeAttrs{{batch * seq * Dim(4)}}, {x});
    const ValueId rows = add_node(g, "rows", ReshapeAttrs{{batch * seq, 4}}, {flat});
    return add_node(g, "halves", ReshapeAttrs{{batch, seq, 2, 2}}, {rows});
  });
  EXPECT_THAT(labels_after(graph, remove_identities), ElementsAre("relu", "reshape", "tanh"));
  EXPECT_EQ(graph.nodes()[1].name, "halves");
}

TEST(RemoveIdentities, AnOutputThatIsAnInputKeepsItsNode) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {batch});
  const ValueId same = add_node(graph, "cast", CastAttrs{DType::kF32}, {x});
  graph.add_output(same, "y");
  graph.add_output(add_node(graph, "again", CastAttrs{DType::kF32}, {same}), "z");
  EXPECT_THAT(labels_after(graph, remove_identities), ElementsAre("cast", "cast"));
}

TEST(ShareCommonNodes, MergesChainsOfEqualNodes) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {batch, seq});
  const auto chain = [&] {  // equal constants, made twice
    const ValueId shifted = add_add(graph, x, add_scalar(graph, 2.5f));
    return add_node(graph, "mean", ReduceAttrs{ReduceFunction::kMean, {1}, true}, {shifted});
  };
  graph.add_output(add_mul(graph, chain(), chain()), "y");
  EXPECT_THAT(labels_after(graph, share_common_nodes), ElementsAre("add", "reduce_mean", "mul"));
  EXPECT_EQ(graph.nodes()[2].inputs[0], graph.nodes()[2].inputs[1]);
}

TEST(ShareCommonNodes, LeavesWhatDiffers) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {4, 4});
  const ValueId y = add_input(graph, "y", DType::kF32, {4, 4});
  std::vector<ValueId> values = {
      add_binary(graph, BinaryFunction::kSub, x, y),
      add_binary(graph, BinaryFunction::kSub, y, x),
      add_binary(graph, BinaryFunction::kAdd, x, y),
      add_node(graph, "r", ReduceAttrs{ReduceFunction::kMean, {1}, true}, {x}),
      add_node(graph, "r", ReduceAttrs{ReduceFunction::kMean, {0}, true}, {x}),
      add_node(graph, "r", ReduceAttrs{ReduceFunction::kSum, {1}, true}, {x}),
      add_node(graph, "s", SoftmaxAttrs{1, false}, {x}),
      add_node(graph, "s", SoftmaxAttrs{1, true}, {x}),
      add_add(graph, x, add_scalar(graph, 1)),
      add_add(graph, x, add_scalar(graph, 1, 1)),  // a constant of another shape
      add_node(graph, "l", LinearAttrs{}, {x, add_floats(graph, "w", random_floats({4, 4}, 1))}),
  };
  values.push_back(add_node(graph, "l2", LinearAttrs{}, graph.nodes().back().inputs));
  ValueId sum = values[0];
  for (size_t i = 1; i < values.size(); ++i) sum = add_add(graph, sum, values[i]);
  graph.add_output(sum, "sum");
  ASSERT_TRUE(graph.normalize().is_ok());
  const size_t count = graph.nodes().size();
  EXPECT_EQ(labels_after(graph, share_common_nodes).size(), count);
}

TEST(ShareCommonNodes, AValueIsQuantizedOnce) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {batch, 4});
  const auto first = *graph.add_node("q1", QuantizeRowsAttrs{}, {x});
  const auto second = *graph.add_node("q2", QuantizeRowsAttrs{}, {x});
  graph.add_output(add_node(graph, "c1", CastAttrs{DType::kF32}, {first[0]}), "a");
  graph.add_output(add_node(graph, "c2", CastAttrs{DType::kI32}, {second[0]}), "b");
  EXPECT_THAT(labels_after(graph, share_common_nodes),
              ElementsAre("quantize_rows", "cast", "cast"));
}

// Two initializers of one place are one table.
TEST(ShareCommonNodes, ConstantsOfOnePlaceAreTheSameInput) {
  Graph graph;
  const ValueId ids = add_input(graph, "ids", DType::kI64, {seq});
  const Constant table(random_floats({100, 8}, 1)), equal(random_floats({100, 8}, 1));
  const auto look_up = [&](const Constant& constant) {
    return add_node(graph, "look up", GatherAttrs{0},
                    {*graph.add_constant("table", constant), ids});
  };
  const ValueId sum = add_add(graph, look_up(table), look_up(table));
  graph.add_output(add_add(graph, sum, look_up(equal)), "y");
  EXPECT_THAT(labels_after(graph, share_common_nodes),
              ElementsAre("gather", "add", "gather", "add"));
}

TEST(ShareCommonNodes, TwoOutputsStayTwoValues) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {batch});
  graph.add_output(add_unary(graph, UnaryFunction::kRelu, x), "a");
  graph.add_output(add_unary(graph, UnaryFunction::kRelu, x), "b");
  EXPECT_THAT(labels_after(graph, share_common_nodes), ElementsAre("relu", "relu"));
}

}  // namespace
}  // namespace octet::test
