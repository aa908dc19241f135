// A run takes memory in proportion to its inputs unless the engine says otherwise: a model of a few
// bytes could ask for a terabyte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/api/model.h"
#include "tests/loaders/model_builder.h"

namespace octet::test {
namespace {

using ::testing::HasSubstr;

Status run(const ModelBuilder& builder, const Shape& input, int64_t memory_limit) {
  auto engine = Engine::create({.threads = 1, .memory_limit = memory_limit});
  auto model = Model::from_graph(engine.value(), loaded(builder), {});
  if (!model.is_ok()) return model.status();
  const auto session = model.value()->make_session();
  const Tensor tensor(DType::kF32, input);
  const TensorView inputs[] = {tensor.view()};
  std::vector<TensorView> outputs(model.value()->program()->outputs.size());
  return session->run(inputs, outputs);
}

TEST(RunMemory, WhatAModelMakesFromNothingIsBounded) {
  ModelBuilder builder;
  builder.input("x", {1}).ints("shape", {int64_t{1} << 33}).output("y").output("z");
  builder.node("ConstantOfShape", {"shape"}, {"zeros"});
  builder.node("Add", {"zeros", "x"}, {"y"});
  builder.node("Mul", {"y", "x"}, {"z"});
  const Status status = run(builder, {1}, 0);
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("raise memory_limit"));
}

TEST(RunMemory, OutputsCount) {
  ModelBuilder builder;
  builder.input("x", {1}).ints("shape", {1 << 20}).output("y");
  builder.node("Expand", {"x", "shape"}, {"y"});
  EXPECT_EQ(run(builder, {1}, 1 << 20).code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(run(builder, {1}, 16 << 20).is_ok());
}

TEST(RunMemory, LongRangesCount) {
  ModelBuilder builder;
  builder.input("x", {"n"}).scalar("zero", 0).scalar("one", 1).scalar("far", int64_t{1} << 36);
  builder.output("y");
  builder.node("Size", {"x"}, {"n"});
  builder.node("Mul", {"n", "far"}, {"till"});
  builder.node("Range", {"zero", "till", "one"}, {"y"});
  EXPECT_EQ(run(builder, {3}, 0).code(), StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace octet::test
