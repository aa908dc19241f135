// A constant extent of 0: rows that are none were divided by. Found by fuzz_graph.
#include <gtest/gtest.h>

#include "runtime/api/model.h"
#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

TEST(NoRows, AnEmptySliceRuns) {
  ModelBuilder builder;
  builder.input("x", {2, 8}).ints("zero", {0}).ints("axis", {0}).output("z");
  builder.node("Slice", {"x", "zero", "zero", "axis"}, {"none"});
  builder.node("Reciprocal", {"none"}, {"y"});
  builder.node("Softmax", {"y"}, {"z"}).attr("axis", 1);
  auto engine = Engine::create({.threads = 1});
  auto model = Model::from_graph(engine.value(), loaded(builder), {});
  ASSERT_TRUE(model.is_ok()) << model.status().message();
  const auto session = model.value()->make_session();
  const Tensor x(DType::kF32, {2, 8});
  const TensorView inputs[] = {x.view()};
  TensorView outputs[1];
  const Status status = session->run(inputs, outputs);
  ASSERT_TRUE(status.is_ok()) << status.message();
  EXPECT_EQ(outputs[0].shape, (Shape{0, 8}));
}

}  // namespace
}  // namespace octet::test
