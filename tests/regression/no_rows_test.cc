// A constant extent of 0: rows that are none were divided by. Found by fuzz_graph.
#include <gtest/gtest.h>

#include "runtime/api/model.h"
#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

Tensor run_without_rows(const ModelBuilder& builder, const Shape& shape) {
  auto engine = Engine::create({.threads = 1});
  auto model = Model::from_graph(engine.value(), loaded(builder), {});
  EXPECT_TRUE(model.is_ok()) << model.status().message();
  if (!model.is_ok()) return {};
  const auto session = model.value()->make_session();
  const Tensor x(DType::kF32, shape);
  const TensorView inputs[] = {x.view()};
  TensorView outputs[1];
  const Status status = session->run(inputs, outputs);
  EXPECT_TRUE(status.is_ok()) << status.message();
  return status.is_ok() ? Tensor(outputs[0].dtype, outputs[0].shape) : Tensor{};
}

TEST(NoRows, AnEmptySliceRuns) {
  ModelBuilder builder;
  builder.input("x", {2, 8}).ints("zero", {0}).ints("axis", {0}).output("z");
  builder.node("Slice", {"x", "zero", "zero", "axis"}, {"none"});
  builder.node("Reciprocal", {"none"}, {"y"});
  builder.node("Softmax", {"y"}, {"z"}).attr("axis", 1);
  EXPECT_EQ(run_without_rows(builder, {2, 8}).shape(), (Shape{0, 8}));
}

TEST(NoRows, ChannelNormsOfNoImagesRun) {
  for (const char* op : {"InstanceNormalization", "GroupNormalization"}) {
    ModelBuilder builder(21);
    builder.input("x", {"batch", 4, 3}).output("y");
    builder.initializer("one", {4}, std::vector<float>(4, 1));
    NodeBuilder node = builder.node(op, {"x", "one", "one"}, {"y"});
    if (op == std::string("GroupNormalization")) node.attr("num_groups", 2);
    EXPECT_EQ(run_without_rows(builder, {0, 4, 3}).shape(), (Shape{0, 4, 3})) << op;
  }
}

}  // namespace
}  // namespace octet::test
