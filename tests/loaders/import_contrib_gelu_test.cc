// Fused activations, sums, products and convolutions of ONNX Runtime's optimizer.
#include <cmath>

#include "tests/loaders/imported_values.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;

ModelBuilder contrib(const std::string& op, const std::vector<std::string>& inputs) {
  ModelBuilder model(17);
  model.import("com.microsoft", 1).output("y");
  model.node(op, inputs, {"y"}).in_domain("com.microsoft").named("n");
  return model;
}
NodeBuilder only_node(ModelBuilder& model) { return NodeBuilder(*model.graph().mutable_node(0)); }

TEST(ImportContribGelu, WithAndWithoutBias) {
  const auto of = [](const std::string& op, bool bias) {
    ModelBuilder model =
        contrib(op, bias ? std::vector<std::string>{"x", "b"} : std::vector<std::string>{"x"});
    model.input("x", {"n", 2}).initializer<float>("b", {2}, {1, 2});
    return ops(loaded(model));
  };
  EXPECT_EQ(of("Gelu", false), "gelu");
  EXPECT_EQ(of("BiasGelu", true), "add gelu");
  EXPECT_EQ(of("FastGelu", false), "gelu_tanh");
  EXPECT_EQ(of("FastGelu", true), "add gelu_tanh");
  ModelBuilder wide = contrib("BiasGelu", {"x", "b"});
  wide.input("x", {"n", 2}).initializer<float>("b", {1, 2}, {1, 2});
  EXPECT_THAT(load_error(wide), HasSubstr("the bias is float32[1, 2], expected one vector"));
}

TEST(ImportContribGelu, QuickGelu) {
  ModelBuilder model = contrib("QuickGelu", {"x"});
  model.input("x", {2});
  const auto expected = [](float x, float alpha) { return x / (1 + std::exp(-alpha * x)); };
  const auto of = [&](float alpha) {
    EXPECT_THAT(
        outputs_of<float>(model, {floats({2}, {2, -1})}),
        ElementsAre(FloatNear(expected(2, alpha), 1e-6f), FloatNear(expected(-1, alpha), 1e-6f)));
  };
  of(1.702f);
  only_node(model).attr("alpha", 1.0f);
  of(1);
  EXPECT_EQ(ops(loaded(model)), "silu");
}

TEST(ImportContribGelu, Sums) {
  ModelBuilder sum = contrib("BiasAdd", {"x", "b", "skip"});
  sum.input("x", {1, 2}).input("skip", {1, 2}).initializer<float>("b", {2}, {10, 20});
  EXPECT_THAT(outputs_of<float>(sum, {floats({1, 2}, {1, 2}), floats({1, 2}, {100, 200})}),
              ElementsAre(111, 222));
  ModelBuilder split = contrib("BiasSplitGelu", {"x", "b"});
  split.input("x", {1, 4}).initializer<float>("b", {4}, {1, 2, 0, -1});
  // 3 * gelu(1) and 5 * gelu(0)
  EXPECT_THAT(outputs_of<float>(split, {floats({1, 4}, {2, 3, 1, 1})}),
              ElementsAre(FloatNear(3 * 0.8413447f, 1e-6f), 0));
  split.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->clear_shape();
  split.graph().mutable_input()->Clear();
  split.input("x", {1, 5});
  EXPECT_THAT(load_error(split), HasSubstr("axis"));
}

TEST(ImportFusedMatMul, TransposesAndScales) {
  // A^T B with A = [1 2], B = [3 4]^T is a sum of nothing but 1 * 3 ..; both as constant and not.
  for (const bool constant : {true, false}) {
    ModelBuilder model = contrib("FusedMatMul", {"a", "b"});
    model.input("a", {2, 1});
    std::vector<Tensor> inputs = {floats({2, 1}, {1, 2})};
    if (constant) {
      model.initializer<float>("b", {3, 2}, {1, 2, 3, 4, 5, 6});
    } else {
      model.input("b", {3, 2});
      inputs.push_back(floats({3, 2}, {1, 2, 3, 4, 5, 6}));
    }
    only_node(model).attr("transA", 1).attr("transB", 1).attr("alpha", 2.0f);
    EXPECT_THAT(outputs_of<float>(model, inputs), ElementsAre(10, 22, 34));
    EXPECT_EQ(ops(loaded(model)),
              constant ? "transpose linear mul" : "transpose transpose matmul mul");
  }
}

TEST(ImportFusedMatMul, ConstantWeightsAreALayer) {
  ModelBuilder model = contrib("FusedMatMul", {"a", "b"});
  model.input("a", {"n", 2}).initializer<float>("b", {3, 2}, {1, 2, 3, 4, 5, 6});
  only_node(model).attr("transB", 1);
  const Graph graph = loaded(model);
  EXPECT_EQ(ops(graph), "linear");
  EXPECT_EQ(first<LinearAttrs>(graph).layer.name, "n");
  EXPECT_THAT(first<LinearAttrs>(graph).layer.aliases, ElementsAre("b"));
  EXPECT_EQ(first<LinearAttrs>(graph).layer.rows, 3);
}

TEST(ImportFusedMatMul, TransposesBatches) {
  // [M, batch, K] . [batch, K, N]
  ModelBuilder model = contrib("FusedMatMul", {"a", "b"});
  model.input("a", {1, 2, 2}).input("b", {2, 2, 1});
  only_node(model).attr("transBatchA", 1);
  EXPECT_THAT(outputs_of<float>(
                  model, {floats({1, 2, 2}, {1, 2, 3, 4}), floats({2, 2, 1}, {1, 1, 10, 10})}),
              ElementsAre(3, 70));
  EXPECT_EQ(first<TransposeAttrs>(loaded(model)).permutation, (std::vector<int>{1, 0, 2}));
}

ModelBuilder fused_conv(bool addend, const char* activation, std::vector<float> params = {}) {
  ModelBuilder model = contrib("FusedConv", addend ? std::vector<std::string>{"x", "w", "", "z"}
                                                   : std::vector<std::string>{"x", "w"});
  model.input("x", {1, 1, 1, 3}).initializer<float>("w", {1, 1, 1, 1}, {2});
  if (addend) model.input("z", {1, 1, 1, 3});
  only_node(model).attr("activation", activation);
  if (params.empty()) return model;
  auto& attribute = *only_node(model).proto().add_attribute();
  attribute.set_name("activation_params");
  attribute.set_type(pb::AttributeProto::FLOATS);
  for (const float value : params) attribute.add_floats(value);
  return model;
}

TEST(ImportFusedConv, AddsAndActivates) {
  const Tensor x = floats({1, 1, 1, 3}, {-2, 1, 3}), z = floats({1, 1, 1, 3}, {1, -3, 1});
  EXPECT_THAT(outputs_of<float>(fused_conv(false, "Relu"), {x}), ElementsAre(0, 2, 6));
  EXPECT_THAT(outputs_of<float>(fused_conv(true, "LeakyRelu", {0.5f}), {x, z}),
              ElementsAre(-1.5f, -0.5f, 7));
  EXPECT_THAT(outputs_of<float>(fused_conv(true, "Clip", {-1, 5}), {x, z}), ElementsAre(-1, -1, 5));
  EXPECT_THAT(load_error(fused_conv(false, "Clip")),
              HasSubstr("Clip has 0 numbers, expected its 2 bounds"));
  EXPECT_THAT(load_error(fused_conv(false, "Softmax")),
              HasSubstr("\"activation\" is \"Softmax\", which is not known"));
}

TEST(ImportFusedGemm, Activates) {
  ModelBuilder model = contrib("FusedGemm", {"a", "b", "c"});
  model.input("a", {1, 2}).initializer<float>("b", {2, 2}, {1, 2, 3, 4});
  model.initializer<float>("c", {2}, {-5, -1});
  only_node(model).attr("transB", 1).attr("activation", "LeakyRelu");
  // [3 7] + [-5 -1]
  EXPECT_THAT(outputs_of<float>(model, {floats({1, 2}, {1, 1})}), ElementsAre(-0.02f, 6));
  only_node(model).attr("activation_alpha", 0.5f);
  EXPECT_THAT(outputs_of<float>(model, {floats({1, 2}, {1, 1})}), ElementsAre(-1, 6));
  const Graph graph = loaded(model);
  EXPECT_EQ(ops(graph), "linear leaky_relu");
  EXPECT_EQ(first<LinearAttrs>(graph).layer.name, "n");
}

TEST(ImportNhwcConv, HasChannelsLast) {
  // One output channel that adds channel 0 of the pixel to the left and twice channel 1 of its own.
  ModelBuilder model = contrib("NhwcConv", {"x", "w", "b"});
  model.input("x", {1, 1, 3, 2}).initializer<float>("w", {1, 1, 2, 2}, {1, 0, 0, 2});
  model.initializer<float>("b", {1}, {100});
  EXPECT_EQ(output_text(loaded(model)), "float32[1, 1, 2, 1]");
  EXPECT_THAT(outputs_of<float>(model, {floats({1, 1, 3, 2}, {1, 2, 3, 4, 5, 6})}),
              ElementsAre(109, 115));
  ModelBuilder flat = contrib("NhwcConv", {"x", "w"});
  flat.input("x", {1, 3, 2}).initializer<float>("w", {1, 1, 2, 2}, {1, 0, 0, 2});
  EXPECT_THAT(load_error(flat), HasSubstr("expected rank 4"));
}

// Written by ONNX Runtime's optimizer into models of opsets below the one that brought the op.
TEST(ImportContribGelu, LayerNormalizationOfAnOlderOpset) {
  ModelBuilder model(13);
  model.input("x", {"n", 2}).initializer<float>("g", {2}, {1, 2}).output("y");
  model.node("LayerNormalization", {"x", "g"}, {"y"});
  EXPECT_EQ(ops(loaded(model)), "layer_norm");
}

}  // namespace
}  // namespace octet::test
