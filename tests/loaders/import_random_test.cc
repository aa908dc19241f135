// RandomUniform, RandomNormal and what draws with them: Bernoulli, Multinomial, Dropout.
#include <algorithm>
#include <numeric>

#include "tests/loaders/imported_values.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// One node that gives y; `inputs` of the node are x where it has one.
ModelBuilder random(const std::string& op, int64_t opset = 22) {
  ModelBuilder model(opset);
  const bool like = op != "RandomUniform" && op != "RandomNormal";
  if (like) model.input("x", {100, 20});
  model.output("y").node(op, like ? std::vector<std::string>{"x"} : std::vector<std::string>{},
                         {"y"});
  return model;
}
NodeBuilder only_node(ModelBuilder& model) { return NodeBuilder(*model.graph().mutable_node(0)); }

double mean_of(const std::vector<float>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

TEST(ImportRandom, UniformNumbersAreOfTheirRange) {
  ModelBuilder model = random("RandomUniform");
  only_node(model).ints("shape", {50, 40}).attr("low", -2.0f).attr("high", 6.0f).attr("seed", 3.0f);
  EXPECT_EQ(output_text(loaded(model)), "float32[50, 40]");
  const std::vector<float> values = outputs_of<float>(model, {});
  EXPECT_THAT(values, Each(::testing::AllOf(::testing::Ge(-2), ::testing::Lt(6))));
  EXPECT_NEAR(mean_of(values), 2, 0.3);  // six deviations: 6 * 8 / sqrt 12 / sqrt 2000
  EXPECT_EQ(outputs_of<float>(model, {}), values);
}

TEST(ImportRandom, NormalNumbersHaveTheirMean) {
  ModelBuilder model = random("RandomNormal");
  only_node(model).ints("shape", {2000}).attr("mean", 5.0f).attr("scale", 2.0f);
  const std::vector<float> values = outputs_of<float>(model, {});
  EXPECT_NEAR(mean_of(values), 5, 0.3);
  EXPECT_LT(*std::ranges::min_element(values), 0.5);
  EXPECT_GT(*std::ranges::max_element(values), 9.5);
}

// The seed, or without one the node's name, says which numbers they are.
TEST(ImportRandom, SeedsAndNamesTellNumbersApart) {
  const auto values = [](const char* name, std::optional<float> seed) {
    ModelBuilder model = random("RandomNormal");
    only_node(model).ints("shape", {4}).named(name);
    if (seed) only_node(model).attr("seed", *seed);
    return outputs_of<float>(model, {});
  };
  EXPECT_EQ(values("a", std::nullopt), values("a", std::nullopt));
  EXPECT_NE(values("a", std::nullopt), values("b", std::nullopt));
  EXPECT_EQ(values("a", 1.0f), values("b", 1.0f));
  EXPECT_NE(values("a", 1.0f), values("a", 1.5f));
}

TEST(ImportRandom, LikesTakeShapeAndTypeOfTheirInput) {
  ModelBuilder model(22);
  model.input("x", {"n", 3}, pb::TensorProto::FLOAT16).output("y").output("z");
  model.node("RandomUniformLike", {"x"}, {"y"});
  model.node("RandomNormalLike", {"x"}, {"z"}).attr("dtype", int{pb::TensorProto::DOUBLE});
  const Graph graph = loaded(model);
  EXPECT_EQ(output_text(graph, 0), "float16[n, 3]");
  EXPECT_EQ(output_text(graph, 1), "float64[n, 3]");
}

TEST(ImportRandom, RefusesWithAReason) {
  EXPECT_THAT(load_error(random("RandomUniform")), HasSubstr("attribute \"shape\" is missing"));
  ModelBuilder negative = random("RandomNormal");
  only_node(negative).ints("shape", {2, -1});
  EXPECT_THAT(load_error(negative), HasSubstr("negative extent -1"));
  ModelBuilder integers = random("RandomNormal");
  only_node(integers).ints("shape", {2}).attr("dtype", int{pb::TensorProto::INT32});
  EXPECT_THAT(load_error(integers), HasSubstr("of type int32, expected a float type"));
  ModelBuilder unknown = random("RandomNormal");
  only_node(unknown).ints("shape", {2}).attr("dtype", 99);
  EXPECT_THAT(load_error(unknown), HasSubstr("is element type #99"));
  ModelBuilder vast = random("RandomUniform");
  only_node(vast).ints("shape", {int64_t{1} << 40, int64_t{1} << 40});
  EXPECT_THAT(load_error(vast), HasSubstr("is too large"));
}

TEST(ImportBernoulli, GivesOnesAsOftenAsTheInputSays) {
  for (const auto& [probability, mean] : {std::pair{0.0f, 0.0}, {0.25f, 0.25}, {1.0f, 1.0}}) {
    const std::vector<float> values = outputs_of<float>(
        random("Bernoulli"), {floats({100, 20}, std::vector<float>(2000, probability))});
    for (const float value : values) ASSERT_TRUE(value == 0 || value == 1);
    EXPECT_NEAR(mean_of(values), mean, mean == 0.25 ? 0.06 : 0);
  }
  ModelBuilder typed = random("Bernoulli", 15);
  only_node(typed).attr("dtype", int{pb::TensorProto::BOOL});
  EXPECT_EQ(output_text(loaded(typed)), "bool[100, 20]");
}

TEST(ImportMultinomial, DrawsClassesByTheirWeights) {
  ModelBuilder model(22);
  const float none = -std::numeric_limits<float>::infinity();
  model.input("x", {2, 3}).output("y");
  model.node("Multinomial", {"x"}, {"y"})
      .attr("sample_size", 1000)
      .attr("dtype", int{pb::TensorProto::INT64});
  EXPECT_EQ(output_text(loaded(model)), "int64[2, 1000]");
  // Weights 1 : 0 : 3, and the last class alone.
  const std::vector<int64_t> drawn =
      outputs_of<int64_t>(model, {floats({2, 3}, {2, none, 2 + std::log(3.0f), none, none, -40})});
  ASSERT_EQ(drawn.size(), 2000u);
  EXPECT_EQ(std::count(drawn.begin(), drawn.begin() + 1000, 1), 0);
  EXPECT_NEAR(static_cast<double>(std::count(drawn.begin(), drawn.begin() + 1000, 2)), 750, 90);
  EXPECT_EQ(std::count(drawn.begin() + 1000, drawn.end(), 2), 1000);

  ModelBuilder flat(22);
  flat.input("x", {3}).output("y").node("Multinomial", {"x"}, {"y"});
  EXPECT_THAT(load_error(flat), HasSubstr("expected rank 2: batch, classes"));
}

// Dropout of x float32[40, 50] with a ratio and a mode, which are inputs of the model.
ModelBuilder dropout() {
  ModelBuilder model(13);
  model.input("x", {40, 50}).input("ratio", {}).input("on", {}, kBoolean);
  model.output("y");
  model.node("Dropout", {"x", "ratio", "on"}, {"y", "mask"}).attr("seed", 5);
  model.node("Cast", {"mask"}, {"kept"}).attr("to", int{pb::TensorProto::FLOAT});
  return model;
}
Tensor mode(bool on) { return make_tensor<bool>({}, {on}); }

TEST(ImportDropout, TrainsWhereARunSaysSo) {
  ModelBuilder model = dropout();
  model.output("kept");
  const std::vector<float> x(2000, 3);
  const std::vector<float> both =
      outputs_of<float>(model, {floats({40, 50}, x), floats({}, {0.75f}), mode(true)});
  ASSERT_EQ(both.size(), 4000u);
  for (size_t i = 0; i < 2000; ++i) ASSERT_EQ(both[i], both[2000 + i] == 1 ? 12 : 0);
  const double kept = std::accumulate(both.begin() + 2000, both.end(), 0.0);
  EXPECT_NEAR(kept, 500, 120);  // six deviations: sqrt(2000 * 3 / 16)

  std::vector<float> unchanged = x;
  unchanged.insert(unchanged.end(), 2000, 1);
  EXPECT_EQ(outputs_of<float>(model, {floats({40, 50}, x), floats({}, {0.75f}), mode(false)}),
            unchanged);
  EXPECT_EQ(outputs_of<float>(model, {floats({40, 50}, x), floats({}, {0}), mode(true)}),
            unchanged);
  std::vector<float> nothing(4000, 0);
  EXPECT_EQ(outputs_of<float>(model, {floats({40, 50}, x), floats({}, {1}), mode(true)}), nothing);
}

TEST(ImportDropout, AModelThatAlwaysTrainsWarns) {
  ModelBuilder model(13);
  model.input("x", {2}).initializer<uint8_t>("on", {}, {1}).output("y");
  model.graph().mutable_initializer(0)->set_data_type(kBoolean);
  model.node("Dropout", {"x", "", "on"}, {"y"});
  auto training = model.load();
  ASSERT_TRUE(training.is_ok()) << training.status().message();
  EXPECT_THAT(training->warnings, ElementsAre(HasSubstr("node \"y\" (Dropout): it trains")));
  EXPECT_THAT(ops(training->graph), HasSubstr("random_uniform"));
  model.graph().mutable_initializer(0)->set_raw_data(std::string(1, '\0'));
  auto inference = model.load();
  ASSERT_TRUE(inference.is_ok());
  EXPECT_THAT(inference->warnings, IsEmpty());
  EXPECT_EQ(ops(inference->graph), "");
}

}  // namespace
}  // namespace octet::test
