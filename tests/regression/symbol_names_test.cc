// Extents named like expressions ("past + 1"), as exporters write them, and inputs whose elements
// give shapes: what the caller passes is checked against the right names before anything is read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/api/model.h"
#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<const Model> compiled(const ModelBuilder& builder) {
  auto engine = Engine::create({.threads = 1});
  auto model = Model::from_graph(engine.value(), loaded(builder), {});
  EXPECT_TRUE(model.is_ok()) << model.status().message();
  return model.value();
}

Status run(const Model& model, const std::vector<Tensor>& tensors,
           std::vector<TensorView>& outputs) {
  const auto session = model.make_session();
  std::vector<TensorView> inputs;
  for (const Tensor& tensor : tensors) inputs.push_back(tensor.view());
  outputs.assign(model.program()->outputs.size(), {});
  return session->run(inputs, outputs);
}

ModelBuilder sum_of_two() {
  ModelBuilder builder;
  builder.input("first", {7}).input("x", {"past + 1", 4}).input("y", {"past + 1", 4}).output("z");
  builder.node("Add", {"x", "y"}, {"z"});
  return builder;
}

TEST(SymbolNames, ExtentsComeFromTheInputThatHasThem) {
  const auto model = compiled(sum_of_two());
  std::vector<TensorView> outputs;
  const Status status = run(
      *model, {Tensor(DType::kF32, {7}), Tensor(DType::kF32, {3, 4}), Tensor(DType::kF32, {3, 4})},
      outputs);
  ASSERT_TRUE(status.is_ok()) << status.message();
  EXPECT_EQ(outputs[0].shape, (Shape{3, 4}));
}

TEST(SymbolNames, InputsThatDisagreeAreRefused) {
  const auto model = compiled(sum_of_two());
  std::vector<TensorView> outputs;
  const Status status = run(
      *model, {Tensor(DType::kF32, {7}), Tensor(DType::kF32, {3, 4}), Tensor(DType::kF32, {2, 4})},
      outputs);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("\"past + 1\" is 3 in input \"x\""));
}

// The sanitizers see a read past the end where the order is wrong.
TEST(SymbolNames, ShapeInputsAreMeasuredBeforeTheyAreRead) {
  ModelBuilder builder;
  builder.input("x", {24}).input("shape", {3}, kInt64).output("y");
  builder.node("Reshape", {"x", "shape"}, {"y"});
  const auto loaded = builder.load();
  if (!loaded.is_ok()) return;  // refused where shapes may not depend on inputs
  const auto model = compiled(builder);
  std::vector<TensorView> outputs;
  auto memory = std::make_shared<std::vector<int64_t>>(1, 24);
  const Tensor shape(memory, contiguous_view(memory->data(), DType::kI64, {1}));
  const Status status = run(*model, {Tensor(DType::kF32, {24}), shape}, outputs);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("axis 0 must be 3"));
}

}  // namespace
}  // namespace octet::test
