// The norms that ONNX Runtime's optimizer writes, and RMSNormalization.
#include <cmath>

#include "tests/loaders/imported_values.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

ModelBuilder one_node(const std::string& domain, const std::string& op,
                      const std::vector<std::string>& inputs,
                      const std::vector<std::string>& outputs) {
  ModelBuilder model(23);
  model.import("com.microsoft", 1);
  for (const std::string& output : outputs)
    if (!output.empty()) model.output(output);
  model.node(op, inputs, outputs).in_domain(domain);
  return model;
}
NodeBuilder only_node(ModelBuilder& model) { return NodeBuilder(*model.graph().mutable_node(0)); }

TEST(ImportRmsNorm, OfThreeNames) {
  // The mean of 9, 16, 0 and 0 is 6.25, its root 2.5.
  const std::pair<const char*, const char*> names[] = {
      {"", "RMSNormalization"},
      {"", "SimplifiedLayerNormalization"},
      {"com.microsoft", "SimplifiedLayerNormalization"}};
  for (const auto& [domain, op] : names) {
    ModelBuilder model = one_node(domain, op, {"x", "gamma"}, {"y"});
    model.input("x", {1, 4}).initializer<float>("gamma", {4}, {1, 10, 1, 1});
    only_node(model).attr("epsilon", 0.0f);
    EXPECT_THAT(outputs_of<float>(model, {floats({1, 4}, {3, 4, 0, 0})}),
                ElementsAre(1.2f, 16, 0, 0));
  }
}

TEST(ImportRmsNorm, TheResultHasTheTypeOfTheScale) {
  ModelBuilder model = one_node("", "RMSNormalization", {"x", "gamma"}, {"y"});
  model.input("x", {1, 4}, pb::TensorProto::FLOAT16);
  model.initializer<float>("gamma", {4}, {1, 10, 1, 1});
  EXPECT_EQ(output_text(loaded(model)), "float32[1, 4]");
}

TEST(ImportRmsNorm, OverSeveralAxesAndWithTheReciprocalOfTheRoot) {
  ModelBuilder model = one_node("", "SimplifiedLayerNormalization", {"x", "gamma"}, {"y", "r"});
  model.input("x", {1, 2, 2}).initializer<float>("gamma", {2}, {1, 2});
  only_node(model).attr("axis", 1).attr("epsilon", 3.75f);
  // The mean of the squares, 0.25, and epsilon make a root of 2.
  EXPECT_THAT(outputs_of<float>(model, {floats({1, 2, 2}, {1, 0, 0, 0})}),
              ElementsAre(0.5f, 0, 0, 0, 0.5f));
  model.graph().mutable_initializer(0)->set_name("other");
  model.initializer<float>("gamma", {1, 1, 1, 2}, {1, 2});
  EXPECT_THAT(load_error(model), HasSubstr("the scale is float32[1, 1, 1, 2]"));
}

ModelBuilder skip_norm(const std::string& op, const std::vector<std::string>& more,
                       const std::vector<std::string>& outputs = {"y"}) {
  std::vector<std::string> inputs = {"x", "skip", "gamma"};
  inputs.insert(inputs.end(), more.begin(), more.end());
  ModelBuilder model = one_node("com.microsoft", op, inputs, outputs);
  model.input("x", {1, 2, 2}).input("skip", {2, 2});
  model.initializer<float>("gamma", {2}, {1, 2}).initializer<float>("beta", {2}, {10, 20});
  model.initializer<float>("bias", {2}, {0.5f, 0.25f});
  return model;
}
std::vector<Tensor> skip_inputs() {
  return {floats({1, 2, 2}, {1, 2, 3, 4}), floats({2, 2}, {4, 1, 1, 0})};
}

TEST(ImportSkipNorm, OfTheSumThatIsAnOutputToo) {
  // Sums 5 3 and 4 4; with the bias 5.5 3.25 and 4.5 4.25. Two values a and b, normalized, are 1
  // and -1 but for epsilon.
  ModelBuilder plain = skip_norm("SkipLayerNormalization", {}, {"y", "", "", "sum"});
  EXPECT_EQ(ops(loaded(plain)), "add layer_norm");
  EXPECT_EQ(first<LayerNormAttrs>(loaded(plain)).epsilon, 1e-12f);
  const auto values = outputs_of<float>(plain, skip_inputs());
  EXPECT_THAT(values, ElementsAre(FloatNear(1, 1e-6f), FloatNear(-2, 1e-6f), 0, 0, 5, 3, 4, 4));
  ModelBuilder full = skip_norm("SkipLayerNormalization", {"beta", "bias"}, {"y", "", "", "sum"});
  only_node(full).attr("epsilon", 1e-6f);
  EXPECT_EQ(ops(loaded(full)), "add add layer_norm");
  EXPECT_EQ(first<LayerNormAttrs>(loaded(full)).epsilon, 1e-6f);
  EXPECT_THAT(outputs_of<float>(full, skip_inputs()),
              ElementsAre(FloatNear(11, 1e-5f), FloatNear(18, 1e-5f), FloatNear(11, 1e-4f),
                          FloatNear(18, 1e-4f), 5.5f, 3.25f, 4.5f, 4.25f));
}

TEST(ImportSkipNorm, OfTheRoot) {
  ModelBuilder model = skip_norm("SkipSimplifiedLayerNormalization", {"bias"}, {"y"});
  const auto values = outputs_of<float>(model, skip_inputs());
  const float first = std::sqrt((5.5f * 5.5f + 3.25f * 3.25f) / 2);
  const float second = std::sqrt((4.5f * 4.5f + 4.25f * 4.25f) / 2);
  EXPECT_THAT(values, Pointwise(FloatNear(1e-6f),
                                {5.5f / first, 6.5f / first, 4.5f / second, 8.5f / second}));
}

// The bias belongs to the layer before the sum, whichever operand that makes.
TEST(ImportSkipNorm, BiasIsAddedToTheProduct) {
  for (const bool product_first : {true, false}) {
    ModelBuilder model(17);
    model.import("com.microsoft", 1).input("a", {"n", 3}).input("skip", {"n", 2}).output("y");
    model.initializer<float>("w", {3, 2}, {1, 2, 3, 4, 5, 6});
    model.initializer<float>("gamma", {2}, {1, 1}).initializer<float>("bias", {2}, {1, 1});
    model.node("MatMul", {"a", "w"}, {"product"});
    model
        .node("SkipLayerNormalization",
              {product_first ? "product" : "skip", product_first ? "skip" : "product", "gamma", "",
               "bias"},
              {"y"})
        .in_domain("com.microsoft");
    const Graph graph = loaded(model);
    EXPECT_EQ(ops(graph), "matmul add add layer_norm");
    EXPECT_EQ(graph.nodes()[1].inputs[0], graph.nodes()[0].outputs[0]);
  }
}

TEST(ImportSkipNorm, RefusesStatisticsAndOtherRanks) {
  EXPECT_THAT(load_error(skip_norm("SkipLayerNormalization", {}, {"y", "mean"})),
              HasSubstr("output 1, a statistic for training, is not supported"));
  ModelBuilder model =
      one_node("com.microsoft", "SkipLayerNormalization", {"x", "x", "gamma"}, {"y"});
  model.input("x", {4}).initializer<float>("gamma", {4}, {1, 1, 1, 1});
  EXPECT_THAT(load_error(model), HasSubstr("input 0 is float32[4] and the skip float32[4]"));
}

// Tables of one column, so that a sum can be read; a norm of one value is its beta.
ModelBuilder embeddings(bool segments, bool mask, bool positions) {
  ModelBuilder model =
      one_node("com.microsoft", "EmbedLayerNormalization",
               {"ids", segments ? "segments" : "", "words", "places", segments ? "kinds" : "",
                "gamma", "beta", mask ? "mask" : "", positions ? "positions" : ""},
               {"y", "lengths", "sum"});
  constexpr auto kInt32 = pb::TensorProto::INT32;
  model.input("ids", {2, 3}, kInt32);
  if (segments) model.input("segments", {2, 3}, kInt32);
  if (mask) model.input("mask", {2, 3}, kInt32);
  if (positions) model.input("positions", {1, 3}, kInt32);
  model.initializer<float>("words", {4, 1}, {0, 1, 2, 3});
  model.initializer<float>("places", {4, 1}, {10, 20, 30, 40});
  model.initializer<float>("kinds", {2, 1}, {100, 200});
  model.initializer<float>("gamma", {1}, {1}).initializer<float>("beta", {1}, {7});
  return model;
}

TEST(ImportEmbedLayerNorm, SumsTheEmbeddingsAndCountsTheMask) {
  const Tensor ids = int32s({2, 3}, {1, 2, 3, 3, 0, 0});
  const auto outputs = [&](const ModelBuilder& model, std::vector<Tensor> more) {
    more.insert(more.begin(), ids);
    const Graph graph = loaded(model);
    auto results = evaluate_graph(graph, more);
    EXPECT_TRUE(results.is_ok()) << results.status().message();
    return std::move(results).value();
  };
  const auto plain = outputs(embeddings(false, false, false), {});
  EXPECT_THAT(plain[0].elements<const float>(), ElementsAre(7, 7, 7, 7, 7, 7));
  EXPECT_THAT(plain[1].elements<const int32_t>(), ElementsAre(0, 0));
  EXPECT_THAT(plain[2].elements<const float>(), ElementsAre(11, 22, 33, 13, 20, 30));
  const auto full = outputs(embeddings(true, true, true),
                            {int32s({2, 3}, {0, 0, 1, 1, 1, 1}), int32s({2, 3}, {1, 1, 1, 1, 0, 0}),
                             int32s({1, 3}, {3, 2, 0})});
  EXPECT_THAT(full[1].elements<const int32_t>(), ElementsAre(3, 1));
  EXPECT_THAT(full[2].elements<const float>(), ElementsAre(141, 132, 213, 243, 230, 210));
}

TEST(ImportEmbedLayerNorm, RefusesHalfASegment) {
  ModelBuilder model = embeddings(true, false, false);
  model.graph().mutable_node(0)->set_input(4, "");
  EXPECT_THAT(load_error(model), HasSubstr("segment_ids and segment_embedding, belong together"));
}

}  // namespace
}  // namespace octet::test
