// BatchNormalization that trains. Expected values are those of ONNX's reference evaluator.
#include "tests/loaders/imported_values.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pointwise;

MATCHER(IsNear, "") { return std::abs(std::get<0>(arg) - std::get<1>(arg)) <= 2e-6f; }

ModelBuilder training_norm(int64_t opset, const std::vector<std::string>& outputs) {
  ModelBuilder model(opset);
  model.input("x", {2, 2, 2});
  model.initializer<float>("gamma", {2}, {1, 2}).initializer<float>("beta", {2}, {0, 0.5f});
  model.initializer<float>("mean", {2}, {0.1f, 0.2f}).initializer<float>("var", {2}, {1, 2});
  NodeBuilder node =
      model.node("BatchNormalization", {"x", "gamma", "beta", "mean", "var"}, outputs);
  if (opset >= 14) node.attr("training_mode", 1);
  for (const std::string& output : outputs)
    if (!output.empty()) model.output(output);
  return model;
}

const std::vector<Tensor>& inputs() {
  static const std::vector<Tensor> all = {floats({2, 2, 2}, {1, 2, 3, 5, -1, 0, 2, 2})};
  return all;
}

TEST(ImportTrainingNormalization, MovesTheRunningStatistics) {
  EXPECT_THAT(
      outputs_of<float>(training_norm(15, {"y", "running_mean", "running_var"}), inputs()),
      Pointwise(IsNear(), {0.44721183f, 1.34163547f, 0.5f, 3.76597548f, -1.34163547f, -0.44721183f,
                           -1.13298774f, -1.13298774f, 0.14f, 0.48f, 1.025f, 1.95f}));
  ModelBuilder other = training_norm(14, {"y", "", "running_var"});
  NodeBuilder(*other.graph().mutable_node(0)).attr("momentum", 0.5f).attr("epsilon", 0.1f);
  EXPECT_THAT(outputs_of<float>(other, inputs()),
              Pointwise(IsNear(), {0.43033147f, 1.29099441f, 0.5f, 3.6622777f, -1.29099441f,
                                   -0.43033147f, -1.08113885f, -1.08113885f, 1.125f, 1.75f}));
}

// Below opset 14 more outputs than one say that it trains; the last are those of the batch.
TEST(ImportTrainingNormalization, OfOlderOpsets) {
  EXPECT_THAT(outputs_of<float>(training_norm(9, {"y", "m", "v", "batch_m", "batch_v"}), inputs()),
              Pointwise(IsNear(), {0.44721183f, 1.34163547f, 0.5f, 3.76597548f, -1.34163547f,
                                   -0.44721183f, -1.13298774f, -1.13298774f, 0.14f, 0.48f, 1.025f,
                                   1.95f, 0.5f, 3.f, 1.25f, 1.5f}));
}

TEST(ImportTrainingNormalization, Warns) {
  const auto model = training_norm(15, {"y"}).load();
  ASSERT_TRUE(model.is_ok()) << model.status().message();
  EXPECT_THAT(model->warnings, ElementsAre(HasSubstr("(BatchNormalization): it trains")));
}

}  // namespace
}  // namespace octet::test
