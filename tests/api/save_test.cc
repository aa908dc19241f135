// What is saved is loaded again with the same codes, and gives the same results.
#include "tests/models/model_runs.h"
#include "tests/support/saved_models.h"

namespace octet::test {
namespace {

const std::string kMlpModel = OCTET_TEST_MODELS "/mlp.onnx";

class Save : public SaveTest {};

std::vector<Tensor> bert_inputs() {
  const BertInputs inputs = make_batch(2, 12);
  return {inputs.ids, inputs.mask, inputs.types};
}

// Two layers of [n, 8] with a bias and an activation between.
ModelBuilder two_layers(int64_t opset = 17) {
  ModelBuilder model(opset);
  model.input("x", {"n", 8});
  Random random(3);
  for (const char* name : {"w1", "w2"}) {
    std::vector<float> values;
    for (int i = 0; i < 64; ++i) values.push_back(random.normal());
    model.initializer<float>(name, {8, 8}, values);
  }
  model.initializer<float>("b1", {8}, {1, 2, 3, 4, 5, 6, 7, 8});
  model.node("MatMul", {"x", "w1"}, {"a"}).named("fc1");
  model.node("Add", {"a", "b1"}, {"b"}).named("bias");
  model.node("Relu", {"b"}, {"c"}).named("relu");
  model.node("MatMul", {"c", "w2"}, {"y"}).named("fc2");
  model.output("y");
  return model;
}

TEST_F(Save, EverySchemeOfAnEncoderHasTheSamePartsAgain) {
  for (const char* name : {"w8a8", "w8", "w4"})
    for (const bool smooth : {true, false}) {
      SCOPED_TRACE(std::string(name) + (smooth ? " smoothed" : ""));
      const auto before = load(kBertModel, scheme(name, smooth));
      const auto after = again(*before);
      ASSERT_NE(after, nullptr);
      expect_same_layers(*before, *after);
      const std::vector<float> expected = run(*before, bert_inputs());
      // Weight-only products may be bf16 before and are f32 after.
      const double bound = std::string(name) == "w8a8" ? 0 : 0.05;
      EXPECT_LE(largest_difference(expected, run(*after, bert_inputs())), bound);
    }
}

TEST_F(Save, MergedLayersAreTheSeparateOnesOfTheSource) {
  const auto before = load(kBertModel, scheme("w8a8"));
  bool merged = false;
  for (const LayerRecord& record : before->program()->layers) merged |= record.parts.size() == 3;
  ASSERT_TRUE(merged);
  save(*before, file("saved.onnx"));
  const pb::ModelProto saved = read_proto(file("saved.onnx"));
  int layers = 0;
  for (const auto& node : saved.graph().node()) layers += node.domain() == "octet";
  EXPECT_EQ(layers, 12);
  EXPECT_EQ(saved.functions_size(), 2);  // with smoothing and without
  // Without their float weights: those were a quarter of the model beside the embeddings.
  EXPECT_LT(std::filesystem::file_size(file("saved.onnx")),
            std::filesystem::file_size(kBertModel) - 250000);
}

TEST_F(Save, AMixedPlanIsSavedLayerByLayer) {
  LoadOptions options = scheme("w8a8");
  options.quantization.rules = {{"fc2", scheme_named("w4").value()}};
  const auto before = load(kMlpModel, options);
  const auto after = again(*before);
  expect_same_layers(*before, *after);
  const pb::ModelProto saved = read_proto(file("saved.onnx"));
  EXPECT_EQ(ops_of(saved.graph()), "DynamicLinear Add Relu DequantizeLinear Gemm");
  EXPECT_EQ(metadata(saved, "octet.scheme"), "w4: 1; w8a8: 1");
  EXPECT_EQ(metadata(saved, "octet.version"), "test");
  EXPECT_EQ(metadata(saved, "octet.source_sha256").size(), 64u);
  EXPECT_EQ(saved.opset_import(0).version(), 21);
  EXPECT_EQ(saved.ir_version(), 10);
}

TEST_F(Save, FloatLayersStayAsTheyAre) {
  LoadOptions options = scheme("w8");
  options.quantization.rules = {{"fc1", QuantizationScheme::none()}};
  const auto before = load(two_layers(), options);
  const auto after = again(*before);
  expect_same_layers(*before, *after);
  EXPECT_EQ(ops_of(read_proto(file("saved.onnx")).graph()),
            "MatMul Add Relu DequantizeLinear MatMul");
  EXPECT_TRUE(after->scheme(*after->find_layer("fc1")).is_none());
  // The codes have the name of the weight that they stand for.
  EXPECT_EQ(after->find_layer("w2").value(), after->find_layer("fc2").value());
}

TEST_F(Save, ReplacedWeightsAreSaved) {
  for (const char* name : {"w8a8", "w8", "w4"}) {
    SCOPED_TRACE(name);
    const auto loaded = load(two_layers(), scheme(name));
    const int layer = *loaded->find_layer("fc2");
    QuantizedTensor weights = *loaded->weights(layer);
    weights.int_data = contiguous_copy(weights.int_data);
    for (int8_t& code : weights.int_data.elements<int8_t>()) code = code > 0 ? 7 : -7;
    const auto replaced = loaded->replace(layer, weights);
    ASSERT_TRUE(replaced.is_ok()) << replaced.status().message();
    const auto after = again(**replaced);
    expect_same_layers(**replaced, *after);
    expect_same_weights(weights, *after->weights(*after->find_layer("fc2")));
  }
}

TEST_F(Save, ReplacedZeroPointsAndOneScaleForAllAreSaved) {
  const auto loaded = load(two_layers(), scheme("w8a8"));
  QuantizedTensor weights = *loaded->weights(*loaded->find_layer("fc1"));
  weights.zero_point = Tensor(DType::kI8, Shape{8});
  for (int8_t& value : weights.zero_point->elements<int8_t>()) value = -3;
  const auto shifted = loaded->replace(*loaded->find_layer("fc1"), weights);
  ASSERT_TRUE(shifted.is_ok()) << shifted.status().message();
  QuantizedTensor one = *loaded->weights(*loaded->find_layer("fc2"));
  one.granularity = Granularity::kPerTensor;
  one.scale = make_tensor<float>({1}, {0.01f});
  const auto both = (*shifted)->replace(*loaded->find_layer("fc2"), one);
  ASSERT_TRUE(both.is_ok()) << both.status().message();
  const auto after = again(**both);
  expect_same_weights(weights, *after->weights(*after->find_layer("fc1")));
  EXPECT_TRUE(same_bits(one.int_data, after->weights(*after->find_layer("fc2"))->int_data));
  const std::vector<Tensor> x = {random_floats(Shape{3, 8}, 5)};
  EXPECT_LE(largest_difference(run(**both, x), run(*after, x)), 0);
}

TEST_F(Save, PerTensorActivationsHaveTheSameCodes) {
  SaveRequest request;
  request.format = SaveFormat::kOrt;
  const auto before = load(kBertModel, scheme("w8a8", false));
  const auto after = again(*before, request);
  ASSERT_EQ(before->layers().size(), after->layers().size());
  for (int i = 0; i < static_cast<int>(before->layers().size()); ++i) {
    SCOPED_TRACE(before->layer(i).name);
    const auto found = after->find_layer(before->layer(i).name);
    ASSERT_TRUE(found.is_ok()) << found.status().message();
    expect_same_weights(*before->weights(i), *after->weights(*found));
    EXPECT_EQ(after->scheme(*found).activations.range, ActivationRange::kDynamicPerTensor);
  }
  EXPECT_LE(largest_difference(run(*before, bert_inputs()), run(*after, bert_inputs())), 0.5);
  // Back to a range for each token, on the same codes.
  LoadOptions options;
  options.requantize = true;
  const auto per_token = load(file("saved.onnx"), options);
  EXPECT_LE(largest_difference(run(*before, bert_inputs()), run(*per_token, bert_inputs())), 0);
}

TEST_F(Save, SmoothingStandsBeforePerTensorCodesAsAProduct) {
  SaveRequest request;
  request.format = SaveFormat::kOrt;
  const auto before = load(kBertModel, scheme("w8a8"));
  const auto after = again(*before, request);
  int index = -1;
  for (int i = 0; i < static_cast<int>(before->layers().size()); ++i)
    if (before->weights(i)->smoothing) index = i;
  ASSERT_GE(index, 0);
  const auto found = after->find_layer(before->layer(index).name);
  ASSERT_TRUE(found.is_ok()) << found.status().message();
  EXPECT_TRUE(same_bits(before->weights(index)->int_data, after->weights(*found)->int_data));
  EXPECT_LE(largest_difference(run(*before, bert_inputs()), run(*after, bert_inputs())), 0.5);
}

TEST_F(Save, SavingASavedModelChangesNothing) {
  for (const char* name : {"w8a8", "w8", "w4"}) {
    SCOPED_TRACE(name);
    save(*load(two_layers(), scheme(name)), file("first.onnx"));
    const auto first = load(file("first.onnx"));
    save(*first, file("second.onnx"));
    const auto second = load(file("second.onnx"));
    expect_same_layers(*first, *second);
    pb::ModelProto lhs = read_proto(file("first.onnx")), rhs = read_proto(file("second.onnx"));
    lhs.clear_metadata_props();
    rhs.clear_metadata_props();
    EXPECT_EQ(lhs.SerializeAsString(), rhs.SerializeAsString());
  }
}

TEST_F(Save, AReplacedLayerOfASavedModelIsSaved) {
  for (const SaveFormat format : {SaveFormat::kStandard, SaveFormat::kOrt})
    for (const char* name : {"w8a8", "w8", "w4"}) {
      SCOPED_TRACE(name);
      SaveRequest request;
      request.format = format;
      save(*load(two_layers(), scheme(name)), file("first.onnx"), request);
      const auto first = load(file("first.onnx"));
      const int layer = *first->find_layer("fc1");
      QuantizedTensor weights = *first->weights(layer);
      weights.scale = contiguous_copy(weights.scale);
      for (float& scale : weights.scale.elements<float>()) scale *= 3;
      const auto replaced = first->replace(layer, weights);
      ASSERT_TRUE(replaced.is_ok()) << replaced.status().message();
      const auto after = again(**replaced, request);
      ASSERT_NE(after, nullptr);
      expect_same_layers(**replaced, *after);
      const std::vector<Tensor> x = {random_floats(Shape{3, 8}, 5)};
      EXPECT_LE(largest_difference(run(**replaced, x), run(*after, x)), 0);
    }
}

TEST_F(Save, BFloat16WeightsAreRoundedInTheFile) {
  auto before = Model::load(engine_, kMlpModel, scheme("bf16"));
  const std::string& refusal = before.status().message();
  if (refusal.find("no fast bf16 products here") != std::string::npos) GTEST_SKIP() << refusal;
  ASSERT_TRUE(before.is_ok()) << refusal;
  save(**before, file("saved.onnx"));
  const pb::ModelProto saved = read_proto(file("saved.onnx"));
  EXPECT_EQ(ops_of(saved.graph()), "Cast Gemm Relu Cast Gemm");
  const auto after = load(file("saved.onnx"), scheme("bf16"));
  const std::vector<Tensor> x = {random_floats(Shape{3, 32}, 5)};
  EXPECT_LE(largest_difference(run(**before, x), run(*after, x)), 0);
}

TEST_F(Save, WhatTheLoaderDoesNotReadIsKept) {
  ModelBuilder model = two_layers();
  model.proto.set_doc_string("about it");
  model.proto.set_model_version(7);
  auto& entry = *model.proto.add_metadata_props();
  entry.set_key("author");
  entry.set_value("somebody");
  model.graph().mutable_node(1)->set_doc_string("a bias");
  *model.graph().add_value_info() = model.graph().input(0);
  model.graph().mutable_value_info(0)->set_name("b");
  const auto loaded = load(model, scheme("w8a8"));
  save(*loaded, file("saved.onnx"));
  const pb::ModelProto saved = read_proto(file("saved.onnx"));
  EXPECT_EQ(saved.doc_string(), "about it");
  EXPECT_EQ(saved.model_version(), 7);
  EXPECT_EQ(metadata(saved, "author"), "somebody");
  EXPECT_EQ(saved.graph().node(1).doc_string(), "a bias");
  EXPECT_EQ(saved.graph().value_info_size(), 1);
}

}  // namespace
}  // namespace octet::test
