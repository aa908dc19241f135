// What asks an axis without elements for an element: once answered with numbers made up.
#include <cmath>

#include "tests/support/run_model.h"

namespace octet::test {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ModelRun run_both(const ModelBuilder& model, const Shape& shape) {
  const std::vector<Tensor> inputs = {Tensor(DType::kF32, shape)};
  const ModelRun run = run_model(model, inputs), reference = run_model(model, inputs, true);
  EXPECT_EQ(run.error, reference.error);
  return run;
}

TEST(EmptyAxes, ArgMaxAndArgMinRefuseThem) {
  for (const char* op : {"ArgMax", "ArgMin"}) {
    ModelBuilder model;
    model.input("x", {"n", "m"}).output("y");
    model.node(op, {"x"}, {"y"}).named("best").attr("axis", 1);
    const ModelRun run = run_both(model, {3, 0});
    EXPECT_THAT(run.error, HasSubstr("node \"best\"")) << op;
    EXPECT_THAT(run.error, HasSubstr("axis 1 of the input is empty, [3x0]")) << op;
    // No result has no element to find.
    EXPECT_EQ(run_both(model, {0, 0}).shape, (Shape{0, 1})) << op;
    EXPECT_EQ(run_both(model, {0, 3}).shape, (Shape{0, 1})) << op;

    ModelBuilder fixed;
    fixed.input("x", {3, 0}).output("y");
    fixed.node(op, {"x"}, {"y"}).named("best").attr("axis", 1);
    EXPECT_THAT(load_error(fixed), HasSubstr("node \"best\" (" + std::string(op) + ")"));
    EXPECT_THAT(load_error(fixed), HasSubstr("expected an element along axis 1"));
  }
}

TEST(EmptyAxes, HardmaxAndSoftmaxOfNothingAreNothing) {
  for (const char* op : {"Hardmax", "Softmax", "LogSoftmax"})
    for (const bool fixed : {false, true}) {
      ModelBuilder model;
      model.input("x", fixed ? std::vector<Extent>{3, 0} : std::vector<Extent>{"n", "m"});
      model.output("y").node(op, {"x"}, {"y"}).attr("axis", 1);
      const ModelRun run = run_both(model, {3, 0});
      EXPECT_EQ(run.error, "") << op;
      EXPECT_EQ(run.shape, (Shape{3, 0})) << op;
    }
}

TEST(EmptyAxes, PoolsOverNoPixelsAreRefused) {
  for (const char* op : {"GlobalMaxPool", "GlobalAveragePool", "MaxPool", "AveragePool"}) {
    ModelBuilder model;
    model.input("x", {"n", 2, "h", 4}).output("y");
    NodeBuilder node = model.node(op, {"x"}, {"y"}).named("pool");
    if (std::string(op).starts_with("Global") == false)
      node.ints("kernel_shape", {2, 2}).ints("pads", {1, 1, 1, 1});
    EXPECT_THAT(run_both(model, {1, 2, 0, 4}).error, HasSubstr("node \"pool\"")) << op;
    EXPECT_THAT(run_both(model, {1, 2, 0, 4}).error, HasSubstr("the input is [1x2x0x4]")) << op;
    const ModelRun none = run_both(model, {0, 2, 3, 4});
    EXPECT_EQ(none.error, "") << op;
    EXPECT_THAT(none.values, IsEmpty()) << op;
  }
}

// As ONNX defines it for these, and NumPy for the mean.
TEST(EmptyAxes, ReductionsGiveWhatTheyStartFrom) {
  const auto reduced = [](const char* op) {
    ModelBuilder model(17);
    model.input("x", {"n", "m"}).output("y");
    model.node(op, {"x"}, {"y"}).ints("axes", {1}).attr("keepdims", 0);
    return run_both(model, {2, 0}).values;
  };
  EXPECT_THAT(reduced("ReduceMax"), Each(-INFINITY));
  EXPECT_THAT(reduced("ReduceMin"), Each(INFINITY));
  EXPECT_THAT(reduced("ReduceProd"), ElementsAre(1, 1));
  EXPECT_THAT(reduced("ReduceL2"), ElementsAre(0, 0));
  const std::vector<double> means = reduced("ReduceMean");
  ASSERT_EQ(means.size(), 2u);
  EXPECT_TRUE(std::isnan(means[0]) && std::isnan(means[1]));
}

}  // namespace
}  // namespace octet::test
