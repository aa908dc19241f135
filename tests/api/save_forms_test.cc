// The nodes that layers come from: products of all forms, fused nodes, bodies, narrow models, and
// files that are quantized already.
#include "tests/support/saved_models.h"

namespace octet::test {
namespace {

class SaveForms : public SaveTest {
 protected:
  // Saved and loaded, the model gives what it gave, but for `bound`.
  std::shared_ptr<const Model> expect_same(const ModelBuilder& builder, const LoadOptions& options,
                                           const std::vector<Tensor>& inputs, double bound = 0) {
    const auto before = load(builder, options);
    if (before == nullptr) return nullptr;
    const auto after = again(*before);
    if (after == nullptr) return nullptr;
    EXPECT_LE(largest_difference(run(*before, inputs), run(*after, inputs)), bound);
    before_ = before;
    return after;
  }
  std::string saved_ops() const { return ops_of(read_proto(file("saved.onnx")).graph()); }

  std::shared_ptr<const Model> before_;
};

std::vector<float> numbers(int64_t count, uint64_t seed) {
  const Tensor tensor = random_floats(Shape{count}, seed);
  const auto elements = tensor.elements<const float>();
  return {elements.begin(), elements.end()};
}

std::vector<Tensor> rows(int64_t columns, int64_t count = 3) {
  return {random_floats(Shape{count, columns}, 9)};
}

ModelBuilder gemm(bool transposed, float alpha, float beta, int64_t opset = 17) {
  ModelBuilder model(opset);
  model.input("x", {"n", 8});
  model.initializer<float>("w", {transposed ? 6 : 8, transposed ? 8 : 6}, numbers(48, 1));
  model.initializer<float>("b", {6}, numbers(6, 2));
  model.node("Gemm", {"x", "w", "b"}, {"y"})
      .named("fc")
      .attr("transB", transposed ? 1 : 0)
      .attr("alpha", alpha)
      .attr("beta", beta);
  model.output("y");
  return model;
}

TEST_F(SaveForms, GemmsOfAllForms) {
  for (const char* name : {"w8a8", "w8", "w4"})
    for (const bool transposed : {false, true})
      for (const float factor : {1.0f, 0.5f}) {
        SCOPED_TRACE(std::string(name) + (transposed ? " transposed" : "") +
                     (factor == 1 ? "" : " scaled"));
        const auto after =
            expect_same(gemm(transposed, factor, factor), scheme(name), rows(8), 0.02);
        ASSERT_NE(after, nullptr);
        expect_same_layers(*before_, *after);
      }
}

TEST_F(SaveForms, AGemmBecomesALayerAndItsBias) {
  expect_same(gemm(true, 1, 1), scheme("w8a8"), rows(8));
  EXPECT_EQ(saved_ops(), "DynamicLinear Add");
  expect_same(gemm(true, 2, 3), scheme("w8a8"), rows(8), 1e-5);
  EXPECT_EQ(saved_ops(), "DynamicLinear Mul Mul Add");
  expect_same(gemm(false, 1, 1), scheme("w8"), rows(8), 0.02);
  EXPECT_EQ(saved_ops(), "DequantizeLinear Gemm");
}

TEST_F(SaveForms, WeightsBehindATranspose) {
  ModelBuilder model;
  model.input("x", {"n", 8});
  model.initializer<float>("w", {6, 8}, numbers(48, 1));
  model.node("Transpose", {"w"}, {"wt"}).ints("perm", {1, 0});
  model.node("MatMul", {"x", "wt"}, {"y"}).named("fc");
  model.output("y");
  for (const char* name : {"w8a8", "w8", "w4"}) {
    SCOPED_TRACE(name);
    const auto after = expect_same(model, scheme(name), rows(8), 0.02);
    ASSERT_NE(after, nullptr);
    expect_same_layers(*before_, *after);
    EXPECT_EQ(saved_ops().find("Transpose"), std::string::npos);
  }
}

TEST_F(SaveForms, AWeightThatOthersReadStaysBesideItsCodes) {
  ModelBuilder model;
  model.input("ids", {"n"}, kInt64);
  model.initializer<float>("table", {8, 8}, numbers(64, 1));
  model.node("Gather", {"table", "ids"}, {"x"}).named("embed");
  model.node("MatMul", {"x", "table"}, {"a"}).named("fc1");
  model.node("Relu", {"a"}, {"b"});
  model.node("MatMul", {"b", "table"}, {"y"}).named("fc2");
  model.output("y");
  const std::vector<Tensor> ids = {make_tensor<int64_t>({3}, {1, 7, 0})};
  const auto after = expect_same(model, scheme("w8"), ids, 0.05);
  ASSERT_NE(after, nullptr);
  expect_same_layers(*before_, *after);
  const pb::ModelProto saved = read_proto(file("saved.onnx"));
  EXPECT_EQ(saved.graph().initializer_size(), 3);  // the table, and codes and scale of both layers
  EXPECT_EQ(ops_of(saved.graph()), "Gather DequantizeLinear MatMul Relu MatMul");
}

TEST_F(SaveForms, NodesWithoutNamesKeepTheirLayersNames) {
  ModelBuilder model;
  model.input("x", {"n", 8});
  model.initializer<float>("w", {8, 8}, numbers(64, 1));
  model.initializer<float>("b", {8}, numbers(8, 1));
  model.node("Gemm", {"x", "w", "b"}, {"a"});
  model.node("MatMul", {"a", "w"}, {"c"}).named("twice");
  model.node("MatMul", {"c", "w"}, {"y"}).named("twice");
  model.output("y");
  const auto after = expect_same(model, scheme("w8a8"), rows(8));
  ASSERT_NE(after, nullptr);
  expect_same_layers(*before_, *after);
}

// then: x . w, else: -x . w
ModelBuilder branches() {
  const auto branch = [](const char* name, float sign) {
    ModelBuilder inner;
    std::vector<float> values = numbers(64, 4);
    for (float& value : values) value *= sign;
    inner.initializer<float>("w", {8, 8}, values);
    inner.node("MatMul", {"x", "w"}, {"product"}).named("fc");
    inner.output("product");
    inner.graph().set_name(name);
    return inner.graph();
  };
  ModelBuilder model;
  model.input("x", {"n", 8});
  model.input("condition", {}, kBoolean);
  model.node("If", {"condition"}, {"y"})
      .named("choice")
      .graph("then_branch", branch("then", 1))
      .graph("else_branch", branch("else", -1));
  model.output("y");
  return model;
}

TEST_F(SaveForms, LayersOfBranches) {
  for (const char* name : {"w8a8", "w8", "w4"})
    for (const bool condition : {true, false}) {
      SCOPED_TRACE(name);
      Tensor which(DType::kBool, Shape{});
      which.elements<bool>()[0] = condition;
      const auto after = expect_same(branches(), scheme(name), {rows(8)[0], which}, 0.05);
      ASSERT_NE(after, nullptr);
      expect_same_layers(*before_, *after);
    }
}

TEST_F(SaveForms, NarrowModelsComputeTheirLayersInFloat) {
  ModelBuilder model;
  model.input("x", {"n", 8}, pb::TensorProto::FLOAT16);
  std::vector<uint16_t> halves;
  for (const float value : numbers(64, 1)) halves.push_back(to_float16(value).bits);
  auto& tensor = *model.graph().add_initializer();
  tensor.set_name("w");
  tensor.set_data_type(pb::TensorProto::FLOAT16);
  tensor.add_dims(8);
  tensor.add_dims(8);
  tensor.set_raw_data(halves.data(), halves.size() * 2);
  model.node("MatMul", {"x", "w"}, {"h"}).named("fc");
  model.node("Cast", {"h"}, {"y"}).attr("to", int64_t{kFloat});
  model.output("y");
  const std::vector<Tensor> x = {convert_floats(rows(8)[0], DType::kF16)};
  for (const char* name : {"w8a8", "w8", "w4"}) {
    SCOPED_TRACE(name);
    const auto after = expect_same(model, scheme(name), x, 0.05);
    ASSERT_NE(after, nullptr);
    expect_same_layers(*before_, *after);
  }
}

TEST_F(SaveForms, AnAttentionNodeGetsCodesForItsWeights) {
  ModelBuilder model;
  model.import("com.microsoft", 1);
  model.input("x", {"batch", "tokens", 8});
  model.initializer<float>("w", {8, 24}, numbers(8 * 24, 1));
  model.initializer<float>("b", {24}, numbers(24, 2));
  model.node("Attention", {"x", "w", "b"}, {"y"})
      .named("attention")
      .in_domain("com.microsoft")
      .attr("num_heads", 2);
  model.output("y");
  const std::vector<Tensor> x = {random_floats(Shape{2, 5, 8}, 9)};
  for (const char* name : {"w8a8", "w8"}) {
    SCOPED_TRACE(name);
    const auto after = expect_same(model, scheme(name), x, 0.1);
    ASSERT_NE(after, nullptr);
    EXPECT_EQ(saved_ops(), "DequantizeLinear Attention");
    const auto found = after->find_layer("attention");
    ASSERT_TRUE(found.is_ok()) << found.status().message();
    expect_same_weights(*before_->weights(0), *after->weights(*found));
  }
}

TEST_F(SaveForms, ARecurrentNodeGetsCodesForItsInputs) {
  ModelBuilder model;
  model.input("x", {"steps", "batch", 8});
  model.initializer<float>("w", {1, 24, 8}, numbers(24 * 8, 1));
  model.initializer<float>("r", {1, 24, 6}, numbers(24 * 6, 2));
  model.node("LSTM", {"x", "w", "r"}, {"y"}).named("lstm").attr("hidden_size", 6);
  model.output("y");
  const std::vector<Tensor> x = {random_floats(Shape{4, 2, 8}, 9)};
  for (const char* name : {"w8a8", "w8", "w4"}) {
    SCOPED_TRACE(name);
    const auto after = expect_same(model, scheme(name), x, 0.05);
    ASSERT_NE(after, nullptr);
    EXPECT_EQ(saved_ops(), "DequantizeLinear LSTM");
    const auto found = after->find_layer("lstm/input");
    ASSERT_TRUE(found.is_ok()) << found.status().message();
    expect_same_weights(*before_->weights(*before_->find_layer("lstm/input")),
                        *after->weights(*found));
  }
}

TEST_F(SaveForms, WeightsOfConstantNodesGiveTheirNamesToTheCodes) {
  ModelBuilder model;
  model.input("x", {"n", 8});
  model.node("Constant", {}, {"w"}).attr("value", raw_tensor<float>("", {8, 8}, numbers(64, 1)));
  model.node("MatMul", {"x", "w"}, {"y"}).named("fc");
  model.output("y");
  const auto after = expect_same(model, scheme("w8a8"), rows(8));
  ASSERT_NE(after, nullptr);
  expect_same_layers(*before_, *after);
  EXPECT_EQ(saved_ops(), "DynamicLinear");
  EXPECT_TRUE(after->find_layer("w").is_ok());
}

TEST_F(SaveForms, AnOldOpsetIsRaisedWithItsNodes) {
  ModelBuilder model(11);
  model.input("x", {"n", 8});
  model.initializer<float>("w", {8, 8}, numbers(64, 1));
  model.node("MatMul", {"x", "w"}, {"a"}).named("fc");
  model.node("ReduceMean", {"a"}, {"m"}).ints("axes", {1}).attr("keepdims", 1);
  model.node("Sub", {"a", "m"}, {"d"});
  model.node("Split", {"d"}, {"left", "right"}).attr("axis", 1);
  model.node("Unsqueeze", {"left"}, {"y"}).ints("axes", {0});
  model.output("y");
  const auto after = expect_same(model, scheme("w4"), rows(8), 0.05);
  ASSERT_NE(after, nullptr);
  expect_same_layers(*before_, *after);
  EXPECT_EQ(read_proto(file("saved.onnx")).opset_import(0).version(), 21);
}

TEST_F(SaveForms, AnOpsetIsNotRaisedWhereANodeWouldMeanSomethingElse) {
  ModelBuilder model(11);
  model.input("x", {"n", 8});
  model.initializer<float>("w", {8, 8}, numbers(64, 1));
  model.node("MatMul", {"x", "w"}, {"a"}).named("fc");
  model.node("Softmax", {"a"}, {"y"}).named("soft").attr("axis", 1);
  model.output("y");
  const auto loaded = load(model, scheme("w8"));
  EXPECT_EQ(save_error(*loaded, file("saved.onnx")),
            "the quantized layers need opset 13, the model has 11, and it cannot be raised: node "
            "\"soft\" (Softmax): opset 13 changed what it means; convert the model with "
            "onnx.version_converter before it is loaded");
  EXPECT_EQ(files(), std::vector<std::string>{"source.onnx"});
  // Those that need none are saved.
  save(*load(model, scheme("w8a8")), file("saved.onnx"));
  EXPECT_EQ(saved_ops(), "DynamicLinear Softmax");
}

// y = codes of x, dequantized, by dequantized codes: with static activations.
ModelBuilder quantized_file() {
  ModelBuilder model;
  model.input("x", {"n", 8});
  model.initializer<float>("x_scale", {}, {0.05f});
  model.initializer<uint8_t>("x_zero", {}, {100});
  auto& codes = *model.graph().add_initializer();
  codes = raw_tensor<uint8_t>("w", {8, 8}, std::vector<uint8_t>(64, 3));
  codes.set_data_type(pb::TensorProto::INT8);
  model.initializer<float>("w_scale", {8}, numbers(8, 5));
  model.node("QuantizeLinear", {"x", "x_scale", "x_zero"}, {"q"});
  model.node("DequantizeLinear", {"q", "x_scale", "x_zero"}, {"d"});
  model.node("DequantizeLinear", {"w", "w_scale"}, {"wd"}).attr("axis", 1);
  model.node("MatMul", {"d", "wd"}, {"y"}).named("fc");
  model.output("y");
  return model;
}

TEST_F(SaveForms, AQuantizedFileIsSavedAsItWas) {
  const auto after = expect_same(quantized_file(), scheme("w8a8"), rows(8));
  ASSERT_NE(after, nullptr);
  expect_same_layers(*before_, *after);
  pb::ModelProto saved = read_proto(file("saved.onnx"));
  saved.clear_metadata_props();
  EXPECT_EQ(saved.graph().SerializeAsString(),
            read_proto(file("source.onnx")).graph().SerializeAsString());
}

TEST_F(SaveForms, AReplacedLayerOfAQuantizedFileKeepsItsActivations) {
  const auto loaded = load(quantized_file());
  QuantizedTensor weights = *loaded->weights(0);
  weights.int_data = contiguous_copy(weights.int_data);
  weights.int_data.elements<int8_t>()[5] = 90;
  const auto replaced = loaded->replace(0, weights);
  ASSERT_TRUE(replaced.is_ok()) << replaced.status().message();
  const auto after = again(**replaced);
  ASSERT_NE(after, nullptr);
  expect_same_layers(**replaced, *after);
  EXPECT_LE(largest_difference(run(**replaced, rows(8)), run(*after, rows(8))), 0);
  EXPECT_EQ(after->scheme(0).activations.range, ActivationRange::kStaticPerTensor);
}

TEST_F(SaveForms, ABlockLayerIsReplacedInItsNode) {
  ModelBuilder model;
  model.import("com.microsoft", 1);
  model.input("x", {"n", 40});
  std::vector<uint8_t> codes;
  for (int i = 0; i < 4 * 2 * 16; ++i) codes.push_back(static_cast<uint8_t>(i * 37));
  model.initializer<uint8_t>("w", {4, 2, 16}, codes);
  model.initializer<float>("s", {8}, numbers(8, 5));
  model.node("MatMulNBits", {"x", "w", "s"}, {"y"})
      .named("fc")
      .in_domain("com.microsoft")
      .attr("K", 40)
      .attr("N", 4)
      .attr("bits", 4)
      .attr("block_size", 32);
  model.output("y");
  const auto loaded = load(model);
  ASSERT_NE(loaded, nullptr);
  expect_same_layers(*loaded, *again(*loaded));
  QuantizedTensor weights = *loaded->weights(0);
  weights.int_data = contiguous_copy(weights.int_data);
  for (uint8_t& code : weights.int_data.elements<uint8_t>()) code = 15 - code;
  const auto replaced = loaded->replace(0, weights);
  ASSERT_TRUE(replaced.is_ok()) << replaced.status().message();
  const auto after = again(**replaced);
  ASSERT_NE(after, nullptr);
  expect_same_layers(**replaced, *after);
  EXPECT_LE(largest_difference(run(**replaced, rows(40)), run(*after, rows(40))), 0);
}

TEST_F(SaveForms, FunctionsAreExpandedAndTheirLayersSaved) {
  ModelBuilder model;
  model.import("mine", 1);
  model.input("x", {"n", 8});
  model.initializer<float>("w1", {8, 8}, numbers(64, 1));
  model.initializer<float>("w2", {8, 8}, numbers(64, 2));
  model.node("Layer", {"x", "w1"}, {"a"}).in_domain("mine").named("first");
  model.node("Layer", {"a", "w2"}, {"y"}).in_domain("mine").named("second");
  model.output("y");
  auto& function = *model.proto.add_functions();
  function.set_name("Layer");
  function.set_domain("mine");
  auto& import = *function.add_opset_import();
  import.set_domain("");
  import.set_version(17);
  for (const char* name : {"x", "w"}) function.add_input(name);
  function.add_output("y");
  auto& product = *function.add_node();
  product.set_op_type("MatMul");
  product.set_name("fc");
  product.add_input("x");
  product.add_input("w");
  product.add_output("p");
  auto& relu = *function.add_node();
  relu.set_op_type("Relu");
  relu.add_input("p");
  relu.add_output("y");
  const auto after = expect_same(model, scheme("w8a8"), rows(8));
  ASSERT_NE(after, nullptr);
  expect_same_layers(*before_, *after);
  EXPECT_EQ(saved_ops(), "DynamicLinear Relu DynamicLinear Relu");
}

}  // namespace
}  // namespace octet::test
