// How models are cut into regions, tasks, stages and programs, as text.
#include "tests/support/schedule_text.h"

#include <gmock/gmock.h>

#include "tests/support/run_model.h"

namespace octet::test {
namespace {

std::string schedule(const ModelBuilder& builder) {
  auto engine = Engine::create({.threads = 1});
  const std::string bytes = builder.bytes();
  const auto model = Model::load_memory(*engine, std::as_bytes(std::span(bytes)), {});
  if (!model.is_ok()) return model.status().message();
  return schedule_text(*(*model)->program());
}

ModelBuilder layers() {
  ModelBuilder model;
  model.input("x", {"n", 8});
  model.initializer<float>("w", {8, 8}, std::vector<float>(64, 0.5f));
  model.node("MatMul", {"x", "w"}, {"a"}).named("fc1");
  return model;
}

TEST(Schedule, RowLocalNodesAreOneRegion) {
  ModelBuilder model = layers();
  model.node("Softmax", {"a"}, {"s"}).named("soft");
  model.node("MatMul", {"s", "w"}, {"y"}).named("fc2");
  model.output("y");
  EXPECT_EQ(schedule(model), "region{fc1, soft, fc2}");
}

TEST(Schedule, ATaskStandsBetweenRegions) {
  ModelBuilder model = layers();
  model.node("CumSum", {"a", "zero"}, {"s"}).named("sums");
  model.scalar("zero", 0);
  model.node("MatMul", {"s", "w"}, {"y"}).named("fc2");
  model.output("y");
  EXPECT_EQ(schedule(model), "region{fc1} task{sums} region{fc2}");
}

TEST(Schedule, WhatDependsOnACountIsTheRest) {
  ModelBuilder model = layers();
  model.node("NonZero", {"a"}, {"places"}).named("where");
  model.node("Shape", {"places"}, {"shape"});
  model.node("MatMul", {"a", "w"}, {"b"}).named("fc2");
  model.node("ConstantOfShape", {"shape"}, {"zeros"}).named("zeros");
  model.output("zeros").output("b");
  EXPECT_EQ(schedule(model), "region{fc1, fc2} task{where/count} rest{task{zeros}}");
}

// Two counts that don't depend on each other are one cut; one that depends on the other is a
// second.
TEST(Schedule, StagesFollowTheDependencies) {
  ModelBuilder model;
  model.input("x", {"n"}).input("z", {"m"});
  model.node("NonZero", {"x"}, {"a"}).named("first");
  model.node("NonZero", {"z"}, {"b"}).named("second");
  model.node("Concat", {"a", "b"}, {"both"}).named("both").attr("axis", 1);
  model.node("NonZero", {"both"}, {"c"}).named("third");
  model.output("c");
  EXPECT_EQ(schedule(model),
            "task{first/count} task{second/count} rest{task{first/indices} task{second/indices} "
            "task{both} task{third/count} rest{task{third/indices}}}");
}

TEST(Schedule, ControlNodesHoldTheirPrograms) {
  ModelBuilder then_branch, else_branch;
  then_branch.node("MatMul", {"a", "w"}, {"t"}).named("fc");
  then_branch.output("t");
  else_branch.node("Relu", {"a"}, {"e"}).named("relu");
  else_branch.output("e");
  ModelBuilder model = layers();
  model.input("c", {}, kBoolean);
  model.node("If", {"c"}, {"y"})
      .named("if")
      .graph("then_branch", then_branch.graph())
      .graph("else_branch", else_branch.graph());
  model.output("y");
  EXPECT_EQ(schedule(model),
            "region{fc1} if{region{if/then_branch/fc} | region{if/else_branch/relu}}");
}

}  // namespace
}  // namespace octet::test
