// Importers of the long-tail lane.
#include "loaders/onnx/op_table.h"
#include "runtime/ops/top_k.h"
#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::HasSubstr;

// TopK of x float32[batch, 6], with k as an initializer from opset 10 on.
ModelBuilder top_k(int64_t opset, std::vector<int64_t> k = {3}) {
  ModelBuilder model(opset);
  model.input("x", {"batch", 6}).output("values").output("indices");
  if (opset >= 10) model.ints("k", std::move(k));
  model.node("TopK",
             opset >= 10 ? std::vector<std::string>{"x", "k"} : std::vector<std::string>{"x"},
             {"values", "indices"});
  return model;
}
NodeBuilder only_node(ModelBuilder& model) { return NodeBuilder(*model.graph().mutable_node(0)); }

std::string described(const ModelBuilder& model) {
  return to_string(describe(loaded(model).nodes()[0].attributes));
}

TEST(ImportTopK, OfEveryOpset) {
  const Graph graph = loaded(top_k(11));
  EXPECT_EQ(ops(graph), "top_k");
  EXPECT_EQ(output_text(graph, 0), "float32[batch, 3]");
  EXPECT_EQ(output_text(graph, 1), "int64[batch, 3]");
  EXPECT_EQ(described(top_k(11)), "k: 3, axis: 1, largest: true, sorted: true");
  EXPECT_EQ(described(top_k(10)), "k: 3, axis: 1, largest: true, sorted: true");
  ModelBuilder old = top_k(9);
  only_node(old).attr("k", 2).attr("axis", 0);
  EXPECT_EQ(described(old), "k: 2, axis: 0, largest: true, sorted: true");
  ModelBuilder smallest = top_k(24);
  only_node(smallest).attr("largest", 0).attr("sorted", 0).attr("axis", -2);
  EXPECT_EQ(described(smallest), "k: 3, axis: 0, largest: false, sorted: false");
}

TEST(ImportTopK, KMayComeFromShapesAndFromAnInputOfTheModel) {
  ModelBuilder shapes(11);
  shapes.input("x", {"batch", "seq"}).output("values").output("indices").ints("four", {4});
  shapes.node("Shape", {"x"}, {"shape"});
  shapes.ints("one", {1}).node("Gather", {"shape", "one"}, {"length"});
  shapes.node("Min", {"length", "four"}, {"k"});
  shapes.node("TopK", {"x", "k"}, {"values", "indices"});
  EXPECT_EQ(output_text(loaded(shapes)), "float32[batch, min(4, seq)]");

  ModelBuilder given(11);
  given.input("x", {6}).input("k", {1}, kInt64).output("values").output("indices");
  given.node("TopK", {"x", "k"}, {"values", "indices"});
  EXPECT_EQ(output_text(loaded(given)), "float32[k[0]]");

  ModelBuilder computed(11);
  computed.input("x", {6}).input("y", {"n"}, kInt64).output("values").output("indices");
  computed.node("ReduceSum", {"y"}, {"sum"});
  computed.node("TopK", {"x", "sum"}, {"values", "indices"});
  EXPECT_EQ(output_text(loaded(computed)), "float32[late sum#1[0]]");
}

TEST(ImportTopK, RefusesWithAReason) {
  EXPECT_THAT(load_error(top_k(11, {7})), HasSubstr("along axis 1, is 7, expected at most 6"));
  EXPECT_THAT(load_error(top_k(11, {-1})), HasSubstr("is -1, expected 0 or more"));
  EXPECT_THAT(load_error(top_k(11, {1, 2})), HasSubstr("input 1 has 2 elements, expected 1"));
  EXPECT_THAT(load_error(top_k(9)), HasSubstr("attribute \"k\" is missing"));
  ModelBuilder far = top_k(11);
  only_node(far).attr("axis", 2);
  EXPECT_THAT(load_error(far), HasSubstr("axis is 2, expected -2 to 1"));
  ModelBuilder without = top_k(11);
  only_node(without).proto().mutable_input()->RemoveLast();
  EXPECT_THAT(load_error(without), HasSubstr("input 1, K, is missing"));
}

TEST(OpTable, IsSortedAndFindsTheLongTail) {
  const std::vector<OpRow> rows = op_table();
  for (size_t i = 1; i < rows.size(); ++i)
    EXPECT_TRUE(rows[i - 1].domain < rows[i].domain ||
                (rows[i - 1].domain == rows[i].domain && rows[i - 1].op_type < rows[i].op_type))
        << rows[i].op_type;
  for (const OpRow& row : rows) EXPECT_NE(find_op(row.domain, row.op_type), nullptr);
  for (const OpRow& row : long_tail_op_table())
    EXPECT_EQ(find_op(row.domain, row.op_type), &row) << row.op_type;
}

}  // namespace
}  // namespace octet::test
