// MatMul and the forms of Gemm.
#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// y = Gemm(x [n, 4], w [4, 3], c of `c_dims`), all elements 1 but c's, which count from 1.
ModelBuilder gemm(std::vector<int64_t> c_dims, bool with_c = true) {
  ModelBuilder model;
  model.input("x", {"n", 4}).initializer<float>("w", {4, 3}, std::vector<float>(12, 1)).output("y");
  std::vector<std::string> inputs = {"x", "w"};
  if (with_c) {
    int64_t count = 1;
    for (int64_t dim : c_dims) count *= dim;
    std::vector<float> values;
    for (int64_t i = 1; i <= count; ++i) values.push_back(static_cast<float>(i));
    model.initializer<float>("c", c_dims, values);
    inputs.push_back("c");
  }
  model.node("Gemm", inputs, {"y"}).named("fc");
  return model;
}
NodeBuilder only_node(ModelBuilder& model) { return NodeBuilder(*model.graph().mutable_node(0)); }

TEST(ImportGemm, ConstantWeightsAreALayer) {
  const Graph graph = loaded(gemm({3}));
  EXPECT_EQ(ops(graph), "linear");
  EXPECT_EQ(output_text(graph), "float32[n, 3]");
  const auto& linear = first<LinearAttrs>(graph);
  EXPECT_FALSE(linear.weights_transposed);
  EXPECT_EQ(linear.layer.name, "fc");
  EXPECT_THAT(linear.layer.aliases, ElementsAre("w", "c"));
  EXPECT_EQ(linear.layer.rows, 3);
  EXPECT_THAT(constant_input<float>(graph, 2), ElementsAre(1, 2, 3));
  EXPECT_THAT(first<LinearAttrs>(loaded(gemm({}, false))).layer.aliases, ElementsAre("w"));
}

TEST(ImportGemm, TransposedWeightsStayAsTheyAre) {
  ModelBuilder model;
  model.input("x", {"n", 4}).initializer<float>("w", {3, 4}, std::vector<float>(12, 1)).output("y");
  model.node("Gemm", {"x", "w"}, {"y"}).attr("transB", 1);
  const Graph graph = loaded(model);
  EXPECT_EQ(ops(graph), "linear");
  EXPECT_TRUE(first<LinearAttrs>(graph).weights_transposed);
  EXPECT_EQ(first<LinearAttrs>(graph).layer.rows, 3);
}

TEST(ImportGemm, BiasesOfOtherShapesAreMadeVectors) {
  EXPECT_THAT(constant_input<float>(loaded(gemm({1, 3})), 2), ElementsAre(1, 2, 3));
  EXPECT_THAT(constant_input<float>(loaded(gemm({})), 2), ElementsAre(1, 1, 1));
  EXPECT_THAT(constant_input<float>(loaded(gemm({1})), 2), ElementsAre(1, 1, 1));
  EXPECT_EQ(ops(loaded(gemm({5, 1}))), "linear expand add");  // refuses where n is not 5
  EXPECT_THAT(load_error(gemm({4})), HasSubstr("C is float32[4]"));
}

TEST(ImportGemm, AlphaAndBeta) {
  ModelBuilder beta = gemm({3});
  only_node(beta).attr("beta", 2.0f);
  EXPECT_EQ(ops(loaded(beta)), "linear");
  EXPECT_THAT(constant_input<float>(loaded(beta), 2), ElementsAre(2, 4, 6));
  ModelBuilder none = gemm({3});
  only_node(none).attr("beta", 0.0f);
  EXPECT_EQ(loaded(none).nodes().at(0).inputs.size(), 2u);
  ModelBuilder alpha = gemm({3});
  only_node(alpha).attr("alpha", 0.5f);
  const Graph graph = loaded(alpha);
  EXPECT_EQ(ops(graph), "linear mul add");
  EXPECT_EQ(graph.nodes()[0].inputs.size(), 2u);
  EXPECT_EQ(first<LinearAttrs>(graph).layer.name, "fc");
  ModelBuilder alone = gemm({}, false);
  only_node(alone).attr("alpha", 0.5f);
  EXPECT_EQ(ops(loaded(alone)), "linear mul");
}

TEST(ImportGemm, ComputedOperands) {
  ModelBuilder model;
  model.input("a", {4, "n"}).input("b", {3, 4}).input("c", {3}).output("y");
  model.node("Gemm", {"a", "b", "c"}, {"y"}).attr("transA", 1).attr("transB", 1);
  const Graph graph = loaded(model);
  EXPECT_EQ(ops(graph), "transpose transpose matmul add");
  EXPECT_EQ(output_text(graph), "float32[n, 3]");
  ModelBuilder rank3;
  rank3.input("a", {2, 4, 4}).input("b", {4, 4}).output("y");
  rank3.node("Gemm", {"a", "b"}, {"y"});
  EXPECT_THAT(load_error(rank3), HasSubstr("input 0 is float32[2, 4, 4], expected a matrix"));
}

TEST(ImportMatMul, StaysAProduct) {
  ModelBuilder model;
  model.input("x", {"batch", "seq", 4})
      .initializer<float>("w", {4, 3}, std::vector<float>(12, 1))
      .output("y");
  model.node("MatMul", {"x", "w"}, {"y"}).named("fc");
  const Graph graph = loaded(model);
  EXPECT_EQ(ops(graph), "matmul");
  EXPECT_EQ(graph.nodes()[0].name, "fc");
  EXPECT_EQ(output_text(graph), "float32[batch, seq, 3]");
}

}  // namespace
}  // namespace octet::test
