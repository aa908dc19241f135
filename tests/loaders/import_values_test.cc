// Imported graphs computed by the reference kernels, for ops that become several nodes. The numbers
// are small integers and halves, so that every result is exact.
#include <cmath>
#include <limits>

#include "tests/loaders/imported_values.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;

TEST(ImportedValues, GemmWithEverything) {
  // 2 * A^T B^T + 0.5 * C with A = [1 2], B = [3 4]^T, C = [10 20].
  for (bool constant_weights : {false, true}) {
    ModelBuilder model;
    model.input("a", {1, 2}).initializer<float>("c", {2}, {10, 20}).output("y");
    std::vector<Tensor> inputs = {floats({1, 2}, {1, 2})};
    if (constant_weights) {
      model.initializer<float>("b", {2, 1}, {3, 4});
    } else {
      model.input("b", {2, 1});
      inputs.push_back(floats({2, 1}, {3, 4}));
    }
    model.node("Gemm", {"a", "b", "c"}, {"y"})
        .attr("transA", 1)
        .attr("transB", 1)
        .attr("alpha", 2.0f)
        .attr("beta", 0.5f);
    EXPECT_THAT(outputs_of<float>(model, inputs), ElementsAre(11, 18, 17, 26));
  }
}

TEST(ImportedValues, FmodHasTheSignOfTheDividend) {
  for (int fmod : {0, 1}) {
    ModelBuilder model;
    model.input("a", {4}).input("b", {4}).output("y");
    model.node("Mod", {"a", "b"}, {"y"}).attr("fmod", fmod);
    const auto found = outputs_of<float>(
        model, {floats({4}, {5.5f, -5.5f, 5.5f, -5.5f}), floats({4}, {3, 3, -3, -3})});
    if (fmod == 1)
      EXPECT_THAT(found, ElementsAre(2.5f, -2.5f, 2.5f, -2.5f));
    else
      EXPECT_THAT(found, ElementsAre(2.5f, 0.5f, -0.5f, -2.5f));
  }
}

TEST(ImportedValues, OldSoftmaxIsOverAllTrailingAxes) {
  ModelBuilder model(12);
  model.input("x", {1, 2, 2}).output("y");
  model.node("Softmax", {"x"}, {"y"});
  // Four equal elements: exp(0) / 4 each, exactly.
  EXPECT_THAT(outputs_of<float>(model, {floats({1, 2, 2}, {7, 7, 7, 7})}),
              ElementsAre(0.25f, 0.25f, 0.25f, 0.25f));
}

TEST(ImportedValues, LayerNormalizationOverTwoAxes) {
  ModelBuilder model;
  model.input("x", {1, 2, 2}).initializer<float>("g", {2, 2}, {1, 2, 3, 4}).output("y").output("m");
  model.node("LayerNormalization", {"x", "g"}, {"y", "m"}).attr("axis", 1).attr("epsilon", 0.0f);
  // Mean 1, standard deviation 1. The reciprocal root may be off by an ulp, hence FloatEq.
  EXPECT_THAT(outputs_of<float>(model, {floats({1, 2, 2}, {0, 2, 0, 2})}),
              ElementsAre(FloatEq(-1), FloatEq(2), FloatEq(-3), FloatEq(4), FloatEq(1)));
}

TEST(ImportedValues, SplitAndNegativeSteps) {
  ModelBuilder model;
  model.input("x", {5}).ints("a", {-1}).ints("b", {INT64_MIN}).ints("c", {0}).ints("d", {-2});
  model.ints("s", {2, 3}).output("head").output("tail").output("back");
  model.node("Split", {"x", "s"}, {"head", "tail"});
  model.node("Slice", {"x", "a", "b", "c", "d"}, {"back"});
  EXPECT_THAT(outputs_of<float>(model, {floats({5}, {1, 2, 3, 4, 5})}),
              ElementsAre(1, 2, 3, 4, 5, 5, 3, 1));
}

TEST(ImportedValues, InfinitiesOfOneSign) {
  const float inf = std::numeric_limits<float>::infinity();
  for (int positive : {0, 1})
    for (int negative : {0, 1}) {
      ModelBuilder model;
      model.input("x", {3}).output("y");
      model.node("IsInf", {"x"}, {"y"})
          .attr("detect_positive", positive)
          .attr("detect_negative", negative);
      EXPECT_THAT(outputs_of<bool>(model, {floats({3}, {inf, -inf, 1})}),
                  ElementsAre(positive == 1, negative == 1, false));
    }
}

TEST(ImportedValues, CausalAttentionOfOneHead) {
  ModelBuilder model(23);
  model.input("q", {1, 1, 2, 1}).input("k", {1, 1, 2, 1}).input("v", {1, 1, 2, 1}).output("y");
  model.node("Attention", {"q", "k", "v"}, {"y"}).attr("is_causal", 1);
  const Tensor equal = floats({1, 1, 2, 1}, {0, 0});
  // The first query sees the first key alone, the second both with equal weight.
  EXPECT_THAT(outputs_of<float>(model, {equal, equal, floats({1, 1, 2, 1}, {2, 4})}),
              ElementsAre(2, 3));
}

}  // namespace
}  // namespace octet::test
