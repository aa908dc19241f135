// Building, rewiring and normalizing graphs, and their printing.
#include "runtime/graph/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace octet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TypeInfo floats(SymbolicShape shape) { return {DType::kF32, std::move(shape), {}, {}}; }
TypeInfo ints(SymbolicShape shape) { return {DType::kI64, std::move(shape), {}, {}}; }
const Dim batch = Dim::symbol("batch");
const UnaryAttrs kRelu{UnaryFunction::kRelu};
const UnaryAttrs kTanh{UnaryFunction::kTanh};
const BinaryAttrs kAdd{BinaryFunction::kAdd};

std::vector<std::string> node_names(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes()) names.push_back(node.name);
  return names;
}

TEST(Graph, AddNodeInfersTypesAndNamesOutputs) {
  Graph graph;
  const ValueId x = graph.add_input("x", floats({batch, 4}));
  const ValueId y = *graph.add("act", kRelu, {x}, "y");
  EXPECT_EQ(to_string(graph.value(y).type), "float32[batch, 4]");
  EXPECT_EQ(graph.value(y).name, "y");
  const auto rows = *graph.add_node("quantize", QuantizeRowsAttrs{}, {y});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(graph.value(rows[0]).name, "quantize");
  EXPECT_EQ(graph.value(rows[1]).name, "quantize:1");
}

TEST(Graph, AnErrorNamesTheNode) {
  Graph graph;
  const ValueId x = graph.add_input("x", floats({2, 3}));
  const ValueId y = graph.add_input("y", floats({4, 5}));
  auto result = graph.add("fc1", MatMulAttrs{}, {x, y});
  ASSERT_FALSE(result.is_ok());
  EXPECT_EQ(result.status().code(), StatusCode::kInvalidModel);
  EXPECT_EQ(result.status().message(),
            "node \"fc1\" (matmul): axis 0 of input 1 is 4 and axis 1 of input 0 is 3; they must "
            "be equal");
  EXPECT_TRUE(graph.nodes().empty());
}

TEST(Graph, SmallIntegersHaveContents) {
  Graph graph;
  const std::vector<int64_t> values{3, -1};
  const ValueId constant =
      *graph.add_constant("shape", Constant(Tensor::from<int64_t>(values, {2})));
  ASSERT_TRUE(graph.value(constant).type.contents);
  EXPECT_THAT(*graph.value(constant).type.contents, ElementsAre(Dim(3), Dim(-1)));
  const ValueId matrix = *graph.add_constant("m", Constant(Tensor::from<int64_t>(values, {1, 2})));
  EXPECT_FALSE(graph.value(matrix).type.contents);
  const ValueId large = *graph.add_constant("l", Constant(Tensor(DType::kI64, {65})));
  EXPECT_FALSE(graph.value(large).type.contents);
  const std::vector<uint64_t> huge{~uint64_t{0}};
  const ValueId unsigned_max =
      *graph.add_constant("u", Constant(Tensor::from<uint64_t>(huge, {1})));
  EXPECT_FALSE(graph.value(unsigned_max).type.contents);

  const ValueId input = graph.add_input("size", ints({2}));
  EXPECT_THAT(
      *graph.value(input).type.contents,
      ElementsAre(Dim::symbol(element_symbol("size", 0)), Dim::symbol(element_symbol("size", 1))));
  EXPECT_FALSE(graph.value(graph.add_input("ids", ints({batch}))).type.contents);
  EXPECT_FALSE(graph.value(graph.add_input("x", floats({2}))).type.contents);
}

TEST(Graph, ProducersAndUsers) {
  Graph graph;
  const ValueId x = graph.add_input("x", floats({batch}));
  const ValueId a = *graph.add("a", kRelu, {x});
  const ValueId b = *graph.add("b", kAdd, {a, a});
  graph.add_output(b, "out");
  EXPECT_EQ(graph.producer(x), nullptr);
  EXPECT_EQ(graph.producer(kNoValue), nullptr);
  EXPECT_EQ(graph.producer(b), &graph.nodes()[1]);
  EXPECT_THAT(graph.users(a), ElementsAre(1, 1));
  EXPECT_TRUE(graph.users(b).empty());
  EXPECT_EQ(graph.single_user(x), &graph.nodes()[0]);
  EXPECT_EQ(graph.single_user(a), nullptr);  // read twice
  EXPECT_EQ(graph.single_user(b), nullptr);
  EXPECT_TRUE(graph.is_output(b));
  EXPECT_FALSE(graph.is_output(a));
}

TEST(Graph, KnowsReadersAfterEveryEdit) {
  Graph graph;
  const ValueId x = graph.add_input("x", floats({batch}));
  const ValueId y = graph.add_input("y", floats({batch}));
  const ValueId a = *graph.add("a", kRelu, {x});
  const ValueId b = *graph.add("b", kAdd, {a, x});
  graph.add_output(b, "out");
  graph.set_input(graph.nodes()[1], 1, a);
  EXPECT_THAT(graph.users(a), ElementsAre(1, 1));
  EXPECT_THAT(graph.users(x), ElementsAre(0));
  graph.set_input(graph.nodes()[1], 1, x);
  graph.set_input(graph.nodes()[1], 1, y);
  EXPECT_THAT(graph.users(x), ElementsAre(0));
  EXPECT_EQ(graph.single_user(a), &graph.nodes()[1]);
  graph.set_inputs(graph.nodes()[0], {y});
  EXPECT_TRUE(graph.users(x).empty());
  EXPECT_THAT(graph.users(y), ElementsAre(0, 1));
  graph.replace_uses(y, x);
  EXPECT_THAT(graph.users(x), ElementsAre(0, 1));
  EXPECT_TRUE(graph.users(y).empty());
  EXPECT_TRUE(graph.changed());
  ASSERT_TRUE(graph.normalize().is_ok());
  EXPECT_FALSE(graph.changed());
  EXPECT_THAT(graph.users(x), ElementsAre(0, 1));
  graph.edit<UnaryAttrs>(graph.nodes()[0]).function = UnaryFunction::kTanh;
  EXPECT_TRUE(graph.changed());
}

TEST(Graph, RefreshTypesFollowsWhatAnEditChanges) {
  Graph graph;
  const ValueId x = graph.add_input("x", floats({batch, 4}));
  const ValueId wide = graph.add_input("wide", floats({batch, 8}));
  const ValueId a = *graph.add("a", kRelu, {x});
  const ValueId b = *graph.add("b", kTanh, {a});
  const ValueId apart = *graph.add("apart", kTanh, {x});
  graph.add_output(b, "out");
  graph.add_output(apart, "apart");
  graph.set_input(graph.nodes()[0], 0, wide);
  graph.edit<UnaryAttrs>(graph.nodes()[2]).function = UnaryFunction::kRelu;
  ASSERT_TRUE(graph.refresh_types().is_ok());
  EXPECT_EQ(to_string(graph.value(b).type), "float32[batch, 8]");
  EXPECT_EQ(to_string(graph.value(apart).type), "float32[batch, 4]");
  EXPECT_TRUE(verify(graph).is_ok());
}

TEST(Graph, AnOutputThatIsReplacedTwiceKeepsItsName) {
  Graph graph;
  const ValueId x = graph.add_input("x", floats({batch}));
  const ValueId a = *graph.add("a", kRelu, {x});
  const ValueId b = *graph.add("b", kTanh, {x});
  graph.add_output(a, "first");
  graph.add_output(b, "second");
  graph.replace_uses(a, b);
  EXPECT_THAT(graph.outputs(), ElementsAre(b, b));
  graph.replace_uses(b, x);
  EXPECT_THAT(graph.outputs(), ElementsAre(x, x));
  EXPECT_TRUE(graph.is_output(x));
  EXPECT_FALSE(graph.is_output(b));
}

TEST(Graph, ReplaceUsesCoversNodesAndOutputs) {
  Graph graph;
  const ValueId x = graph.add_input("x", floats({batch}));
  const ValueId a = *graph.add("a", kRelu, {x});
  const ValueId b = *graph.add("b", kAdd, {a, x});
  graph.add_output(a, "first");
  graph.add_output(b, "second");
  const ValueId c = *graph.add("c", kTanh, {x});
  graph.replace_uses(a, c);
  EXPECT_THAT(graph.nodes()[1].inputs, ElementsAre(c, x));
  EXPECT_THAT(graph.outputs(), ElementsAre(c, b));
  EXPECT_THAT(graph.output_names(), ElementsAre("first", "second"));
  ASSERT_TRUE(graph.normalize().is_ok());
  EXPECT_THAT(node_names(graph), ElementsAre("c", "b"));
  EXPECT_TRUE(verify(graph).is_ok());
}

TEST(Graph, NormalizeIsStableAndDropsDeadNodes) {
  Graph graph;
  const ValueId x = graph.add_input("x", floats({batch}));
  const ValueId a = *graph.add("a", kRelu, {x});
  const ValueId dead = *graph.add("dead", kRelu, {a});
  (void)*graph.add("dead_reader", kTanh, {dead});
  const ValueId b = *graph.add("b", kTanh, {x});
  const ValueId c = *graph.add("c", kAdd, {a, b});
  graph.add_output(c, "out");
  ASSERT_TRUE(graph.normalize().is_ok());
  EXPECT_THAT(node_names(graph), ElementsAre("a", "b", "c"));
  const ValueId late = *graph.add("late", kRelu, {x});
  graph.set_input(graph.nodes()[0], 0, late);
  ASSERT_TRUE(graph.normalize().is_ok());
  EXPECT_THAT(node_names(graph), ElementsAre("b", "late", "a", "c"));
}

TEST(Graph, NormalizeRefusesACycle) {
  Graph graph;
  const ValueId x = graph.add_input("x", floats({batch}));
  const ValueId a = *graph.add("a", kAdd, {x, x});
  const ValueId b = *graph.add("b", kRelu, {a});
  graph.add_output(b, "out");
  graph.set_input(graph.nodes()[0], 1, b);
  const Status status = graph.normalize();
  EXPECT_EQ(status.code(), StatusCode::kInvalidModel);
  EXPECT_THAT(status.message(), HasSubstr("node \"a\" depends on its own output"));
}

TEST(Graph, PrintsOneLinePerNode) {
  Graph graph;
  const ValueId x = graph.add_input("x", floats({batch, 4}));
  const ValueId clipped = *graph.add("clip", ClipAttrs{}, {x, kNoValue});
  const ValueId summed =
      *graph.add("sum", ReduceAttrs{.function = ReduceFunction::kSum, .axes = {1}}, {clipped});
  graph.add_output(*graph.add("flat", ReshapeAttrs{{batch}}, {summed}), "y");
  EXPECT_EQ(to_string(graph),
            "%0 float32[batch, 4] = input \"x\"\n"
            "%1 float32[batch, 4] = clip \"clip\" (%0, -)\n"
            "%2 float32[batch, 1] = reduce_sum \"sum\" (%1) {function: reduce_sum, axes: [1], "
            "keep_dims: true, refuses_empty: false}\n"
            "%3 float32[batch] = reshape \"flat\" (%2) {shape: [batch]}\n"
            "output \"y\" = %3\n");
}

}  // namespace
}  // namespace octet
