// What a model takes once it is loaded, by the engine's own count: a weight that many layers read
// is there once, a layer costs little beside its weight, and all of it is counted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "runtime/api/model.h"
#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::HasSubstr;

// What a layer may take beside arrays of its n or k.
constexpr int64_t kLayerBytes = 8 << 10;
// For what the layers of one shape share: primitives and their states.
constexpr int64_t kShapeBytes = 2 << 20;

std::vector<float> random_values(size_t count, uint32_t seed) {
  std::vector<float> values(count);
  for (float& value : values) {
    seed = seed * 1664525u + 1013904223u;
    value = static_cast<float>(seed >> 8) / static_cast<float>(1 << 24) - 0.5f;
  }
  return values;
}

std::shared_ptr<const Model> load(const ModelBuilder& builder, QuantizationScheme quantize,
                                  std::shared_ptr<Engine> engine = nullptr) {
  if (engine == nullptr) engine = Engine::create({.threads = 1}).value();
  const std::string bytes = builder.bytes();
  LoadOptions options;
  options.quantization.standard = quantize;
  auto model = Model::load_memory(engine, std::as_bytes(std::span(bytes)), options);
  EXPECT_TRUE(model.is_ok()) << model.status().message();
  return model.is_ok() ? *model : nullptr;
}

std::vector<std::byte> run(const Model& model, const Tensor& input) {
  const auto session = model.make_session();
  const TensorView inputs[] = {input.view()};
  std::vector<TensorView> outputs(1);
  const Status status = session->run(inputs, outputs);
  EXPECT_TRUE(status.is_ok()) << status.message();
  const auto size = static_cast<size_t>(outputs[0].element_count()) * 4;
  return {outputs[0].data, outputs[0].data + size};
}

// x [rows, kK] -> `layers` times MatMul and Relu. One initializer for all, or one of the same
// elements for each.
constexpr int64_t kK = 512;
ModelBuilder stack(int layers, bool shared) {
  ModelBuilder model;
  model.input("x0", {"rows", static_cast<int>(kK)});
  for (int i = 0; i < layers; ++i) {
    const std::string number = std::to_string(i), weights = shared ? "w" : "w" + number;
    if (!shared || i == 0) model.initializer<float>(weights, {kK, kK}, random_values(kK * kK, 7));
    model.node("MatMul", {"x" + number, weights}, {"m" + number});
    model.node("Relu", {"m" + number}, {"x" + std::to_string(i + 1)});
  }
  model.output("x" + std::to_string(layers));
  return model;
}

class SharedWeights : public ::testing::TestWithParam<QuantizationScheme> {};

TEST_P(SharedWeights, AreThereOnceWithTheSameBits) {
  constexpr int kLayers = 12;
  const auto one = load(stack(1, true), GetParam()),
             shared = load(stack(kLayers, true), GetParam());
  const auto apart = load(stack(kLayers, false), GetParam());
  EXPECT_LT(shared->memory_bytes(), one->memory_bytes() + kLayers * (kLayerBytes + kK * 12));
  EXPECT_GT(apart->memory_bytes(), kLayers * kK * kK);
  const Tensor x = Tensor::from<float>(std::span<const float>(random_values(5 * kK, 3)), {5, kK});
  EXPECT_EQ(run(*shared, x), run(*apart, x));
}

TEST_P(SharedWeights, ALayersReplacementLeavesTheOthers) {
  if (GetParam() == QuantizationScheme::none()) GTEST_SKIP() << "float layers cannot be replaced";
  const auto model = load(stack(3, true), GetParam());
  const QuantizedTensor before = model->weights(0).value();
  QuantizedTensor changed = before;
  changed.int_data = Tensor(DType::kI8, before.int_data.shape());
  const auto replaced = model->replace(1, changed).value();
  for (int layer : {0, 1, 2}) {
    const QuantizedTensor now = replaced->weights(layer).value();
    const Tensor& expected = layer == 1 ? changed.int_data : before.int_data;
    EXPECT_EQ(std::memcmp(now.int_data.bytes(), expected.bytes(), expected.byte_count()), 0);
  }
  EXPECT_LT(replaced->memory_bytes(), 2 * kK * kK) << "shares all but one weight";
}

INSTANTIATE_TEST_SUITE_P(Schemes, SharedWeights,
                         testing::Values(QuantizationScheme::none(), QuantizationScheme::w8a8()),
                         [](const auto& info) {
                           return std::string(info.param == QuantizationScheme::none() ? "Fp32"
                                                                                       : "W8a8");
                         });

// The projections of all attentions read three weights, which are merged into one.
TEST(LoadMemory, MergedWeightsOfManyLayersAreThereOnce) {
  const auto encoder = [](int layers) {
    ModelBuilder model;
    model.input("x0", {2, 6, 64}).output("x" + std::to_string(layers));
    for (const char* name : {"q", "k", "v"})
      model.initializer<float>(name, {64, 64},
                               random_values(64 * 64, static_cast<uint32_t>(*name)));
    model.initializer<float>("gamma", {64}, random_values(64, 9));
    model.initializer<float>("beta", {64}, random_values(64, 10));
    model.ints("split", {2, 6, 4, 16}).ints("join", {2, 6, 64});
    for (int i = 0; i < layers; ++i) {
      const std::string n = std::to_string(i);
      const auto named = [&](const std::string& name) { return name + n; };
      model.node("LayerNormalization", {named("x"), "gamma", "beta"}, {named("norm")});
      for (const std::string part : {"q", "k", "v"}) {
        model.node("MatMul", {named("norm"), part}, {named(part + "rows")});
        model.node("Reshape", {named(part + "rows"), "split"}, {named(part + "heads")});
        model.node("Transpose", {named(part + "heads")}, {named(part + "moved")})
            .ints("perm", part == "k" ? std::vector<int64_t>{0, 2, 3, 1}
                                      : std::vector<int64_t>{0, 2, 1, 3});
      }
      model.node("MatMul", {named("qmoved"), named("kmoved")}, {named("scores")});
      model.node("Softmax", {named("scores")}, {named("weights")}).attr("axis", -1);
      model.node("MatMul", {named("weights"), named("vmoved")}, {named("heads")});
      model.node("Transpose", {named("heads")}, {named("rows")}).ints("perm", {0, 2, 1, 3});
      model.node("Reshape", {named("rows"), "join"}, {"x" + std::to_string(i + 1)});
    }
    return model;
  };
  const auto one = load(encoder(1), QuantizationScheme::w8a8()),
             many = load(encoder(20), QuantizationScheme::w8a8());
  ASSERT_EQ(one->program()->layers.size(), 1u) << "q, k and v are merged";
  ASSERT_EQ(many->layers().size(), 60u);
  // Far less than the 3 * 64 * 64 codes of another layer.
  EXPECT_LT((many->memory_bytes() - one->memory_bytes()) / 19, 3 * kLayerBytes);
  const auto packed = [&](size_t layer) {
    const LayerRecord& record = many->program()->layers[layer];
    const auto& region =
        std::get<RegionStep>(many->program()->steps[static_cast<size_t>(record.step)]);
    return region.nodes[static_cast<size_t>(record.node)].kernel->packed_weights();
  };
  EXPECT_EQ(packed(0), packed(19));
}

TEST(LoadMemory, ConvolutionsShareTheirWeights) {
  const auto stack_of = [](int layers) {
    ModelBuilder model;
    model.input("x0", {1, 64, 8, 8}).output("x" + std::to_string(layers));
    model.initializer<float>("w", {64, 64, 3, 3}, random_values(64 * 64 * 9, 1));
    for (int i = 0; i < layers; ++i)
      model.node("Conv", {"x" + std::to_string(i), "w"}, {"x" + std::to_string(i + 1)})
          .ints("pads", {1, 1, 1, 1});
    return model;
  };
  const int64_t one = load(stack_of(1), QuantizationScheme::none())->memory_bytes();
  const int64_t many = load(stack_of(16), QuantizationScheme::none())->memory_bytes();
  EXPECT_GT(one, 64 * 64 * 9 * 4);
  EXPECT_LT(many - one, 15 * kLayerBytes);
}

// Each fold used to keep a weight.
TEST(LoadMemory, AChainAfterALayerKeepsOneWeight) {
  for (const char* op : {"Mul", "Add", "Div", "Sub"}) {
    ModelBuilder model;
    model.input("x", {"rows", static_cast<int>(kK)}).output("y");
    model.initializer<float>("w", {kK, kK}, random_values(kK * kK, 1));
    model.initializer<float>("b", {kK}, random_values(kK, 2));
    model.initializer<float>("c", {kK}, std::vector<float>(kK, 1.0001f));
    model.node("Gemm", {"x", "w", "b"}, {"y0"});
    constexpr int kLength = 500;
    for (int i = 0; i < kLength; ++i)
      model.node(op, {"y" + std::to_string(i), "c"},
                 {i + 1 < kLength ? "y" + std::to_string(i + 1) : "y"});
    auto engine = Engine::create({.threads = 1}).value();
    const auto loaded = load(model, QuantizationScheme::none(), engine);
    ASSERT_NE(loaded, nullptr);
    // The model's bytes, what is read of them, and the packed weight.
    EXPECT_LT(engine->memory->peak_bytes(), 4 * kK * kK * 4 + kLength * kLayerBytes) << op;
    EXPECT_LT(loaded->memory_bytes(), 2 * kK * kK * 4 + kLength * kLayerBytes) << op;
  }
}

// Layers of a shape that fills its packed blocks.
ModelBuilder small_layers(int layers) {
  ModelBuilder model;
  model.input("x0", {"rows", 64}).output("x" + std::to_string(layers));
  for (int i = 0; i < layers; ++i) {
    const std::string number = std::to_string(i);
    model.initializer<float>("w" + number, {64, 64},
                             random_values(64 * 64, static_cast<uint32_t>(i)));
    model.node("MatMul", {"x" + number, "w" + number}, {"x" + std::to_string(i + 1)});
  }
  return model;
}

TEST(LoadMemory, AnotherLayerOfAShapeCostsLittleAndIsCounted) {
  for (const QuantizationScheme quantize :
       {QuantizationScheme::none(), QuantizationScheme::w8a8()}) {
    const bool is_float = quantize == QuantizationScheme::none();
    const int64_t weight = 64 * 64 * (is_float ? 4 : 1), columns = is_float ? 0 : 64 * 12;
    auto engine = Engine::create({.threads = 1}).value();
    const auto few = load(small_layers(10), quantize, engine);
    const auto many = load(small_layers(510), quantize, engine);
    const int64_t layer = (many->memory_bytes() - few->memory_bytes()) / 500 - weight - columns;
    EXPECT_LT(layer, kLayerBytes);
    EXPECT_GT(layer, 1 << 10) << "reports, records and kernels count";
    EXPECT_LT(few->memory_bytes(), kShapeBytes + 10 * (weight + kLayerBytes));
    const int64_t before = engine->memory->bytes_in_use();
    const auto session = many->make_session();
    EXPECT_LT(engine->memory->bytes_in_use() - before, kShapeBytes) << "one state for the shape";
  }
}

TEST(LoadMemory, TheCeilingSeesLayersOfManyShapes) {
  ModelBuilder model;
  model.input("x1", {"rows", 1}).output("x401");
  for (int i = 1; i <= 400; ++i) {
    const std::string number = std::to_string(i), next = std::to_string(i + 1);
    model.initializer<float>("w" + number, {i, i + 1},
                             random_values(static_cast<size_t>(i * (i + 1)), 1));
    model.node("MatMul", {"x" + number, "w" + number}, {"x" + next});
  }
  const std::string bytes = model.bytes();
  const auto engine = Engine::create({.threads = 1, .memory = {.ceiling = int64_t{100} << 20}});
  // Primitives of 400 shapes are what is too much, not the weights.
  EXPECT_THROW((void)Model::load_memory(*engine, std::as_bytes(std::span(bytes)), {}), OutOfMemory);
}

}  // namespace
}  // namespace octet::test
