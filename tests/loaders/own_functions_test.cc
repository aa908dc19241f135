// Octet's own functions: their bodies are known again, and anything else is not taken for them.
#include "loaders/onnx/own_functions.h"

#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

// y = DynamicLinear(x) with W [2, 3], as a saved file has it.
ModelBuilder layer(int64_t opset = 17) {
  ModelBuilder model(opset);
  model.import(kOwnDomain, kOwnOpset);
  model.input("x", {"n", 3});
  auto codes = raw_tensor<uint8_t>("w", {2, 3}, {1, 2, 3, 4, 5, 6});
  codes.set_data_type(pb::TensorProto::INT8);
  *model.graph().add_initializer() = codes;
  model.initializer<float>("s", {2}, {1, 2});
  model.initializer<float>("smoothing", {3}, {1, 2, 4});
  model.node("DynamicLinearSmoothed", {"x", "w", "s", "smoothing"}, {"y"})
      .in_domain(kOwnDomain)
      .named("fc");
  model.output("y");
  *model.proto.add_functions() = dynamic_linear_function({.smoothed = true}, opset).value();
  return model;
}

TEST(OwnFunctions, HaveABodyInEveryOpset) {
  for (const bool smoothed : {false, true})
    for (const bool shifted : {false, true})
      for (int64_t opset = kOldestDynamicLinear; opset <= 25; ++opset) {
        const DynamicLinearForm form{smoothed, shifted};
        const auto function = dynamic_linear_function(form, opset);
        ASSERT_TRUE(function.is_ok()) << function.status().message();
        EXPECT_EQ(function->name(), form.name());
        EXPECT_EQ(function->input_size(), 3 + smoothed + shifted);
        const DynamicLinearForm again = DynamicLinearForm::of_name(form.name());
        EXPECT_EQ(again.smoothed, smoothed);
        EXPECT_EQ(again.shifted, shifted);
      }
}

TEST(OwnFunctions, BecomeAQuantizedLayer) {
  for (const int64_t opset : {11, 13, 17, 18, 21}) {
    const Graph graph = loaded(layer(opset));
    EXPECT_EQ(ops(graph), "quantize_rows quantized_linear");
    const auto& attrs = first<QuantizedLinearAttrs>(graph);
    EXPECT_EQ(attrs.scheme.name(), "w8a8");
    EXPECT_EQ(attrs.parts[0].name, "fc");
    EXPECT_EQ(attrs.parts[0].aliases, std::vector<std::string>{"w"});
    EXPECT_EQ(elements<float>(*attrs.weights->smoothing), (std::vector<float>{1, 2, 4}));
    EXPECT_EQ(elements<float>(*graph.value(graph.nodes()[0].inputs[1]).constant),
              (std::vector<float>{1, 0.5f, 0.25f}));
  }
}

TEST(OwnFunctions, ThatSomebodyChangedAreExpanded) {
  ModelBuilder model = layer();
  auto& function = *model.proto.mutable_functions(0);
  for (auto& node : *function.mutable_node())
    if (node.op_type() == "Round") node.set_op_type("Floor");
  const Graph graph = loaded(model);
  EXPECT_EQ(ops(graph).find("quantized_linear"), std::string::npos);
  EXPECT_NE(ops(graph).find("matmul"), std::string::npos);
  // Where it cannot be expanded, it is not run as what it no longer is.
  function.mutable_opset_import(0)->set_version(16);
  EXPECT_NE(load_error(model).find("is not as Octet writes it"), std::string::npos);
}

TEST(OwnFunctions, WithPartsThatDoNotFitAreRefused) {
  const auto with = [](const char* tensor, auto change) {
    ModelBuilder model = layer();
    for (auto& initializer : *model.graph().mutable_initializer())
      if (initializer.name() == tensor) change(initializer);
    return load_error(model);
  };
  EXPECT_NE(
      with("smoothing", [](pb::TensorProto& t) { t.set_dims(0, 2), t.set_raw_data("abcdefgh"); })
          .find("smoothing has shape 2, expected 3"),
      std::string::npos);
  EXPECT_NE(with("w", [](pb::TensorProto& t) { t.set_data_type(pb::TensorProto::UINT8); })
                .find("input 1, weights, is uint8[2, 3], expected int8"),
            std::string::npos);
  ModelBuilder computed = layer();
  computed.node("Identity", {"w"}, {"w2"});
  auto& nodes = *computed.graph().mutable_node();
  nodes.SwapElements(0, 1);
  nodes[1].set_input(1, "w2");
  EXPECT_EQ(ops(loaded(computed)), "quantize_rows quantized_linear");
}

}  // namespace
}  // namespace octet::test
