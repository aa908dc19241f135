// What ends loops that put more and more into a sequence.
#include <gmock/gmock.h>

#include "tests/support/run_values.h"

namespace octet::test {
namespace {

using ::testing::HasSubstr;

// Without end, unless memory, a deadline or somebody ends it.
ModelBuilder endless(int64_t width) {
  ModelBuilder body;
  body.input("i", {}, kInt64).input("going", {}, kBoolean).sequence("held", {{"n"}});
  body.node("Identity", {"going"}, {"still"});
  body.node("SequenceInsert", {"held", "x"}, {"longer"});
  body.output("still").output("longer");
  ModelBuilder model;
  model.input("x", {static_cast<int>(width)});
  model.node("SequenceEmpty", {}, {"none"});
  model.node("Loop", {"", "", "none"}, {"all"}).named("forever").graph("body", body.graph());
  model.node("SequenceLength", {"all"}, {"n"});
  model.output("n");
  return model;
}

TEST(SequencesWithoutEnd, StopAtTheMemoryLimit) {
  for (const int64_t width : {int64_t{0}, int64_t{1000}}) {
    const auto loaded = load_session(endless(width), {.threads = 2, .memory_limit = 4 << 20});
    ASSERT_TRUE(loaded.is_ok()) << loaded.status().message();
    const HeldValue x = held(Tensor(DType::kF32, {width}));
    for (int round = 0; round < 2; ++round) {
      const auto outputs = run_session(*loaded->session, {x});
      ASSERT_FALSE(outputs.is_ok());
      EXPECT_EQ(outputs.status().code(), StatusCode::kResourceExhausted);
      EXPECT_THAT(outputs.status().message(),
                  HasSubstr("more than the memory limit of 4194304 bytes"));
    }
    EXPECT_LT(loaded->model->engine()->memory->bytes_in_use(), 1 << 20);
  }
}

TEST(SequencesWithoutEnd, StopAtTheCeilingOfTheEngine) {
  EngineOptions options{.threads = 1};
  options.memory.ceiling = 8 << 20;
  const auto loaded = load_session(endless(1000), options);
  ASSERT_TRUE(loaded.is_ok()) << loaded.status().message();
  const auto outputs = run_session(*loaded->session, {held(Tensor(DType::kF32, {1000}))});
  ASSERT_FALSE(outputs.is_ok());
  EXPECT_EQ(outputs.status().code(), StatusCode::kResourceExhausted);
  EXPECT_LT(loaded->model->engine()->memory->bytes_in_use(), 1 << 20);
}

TEST(SequencesWithoutEnd, StopInTime) {
  const auto loaded = load_session(endless(1));
  ASSERT_TRUE(loaded.is_ok());
  RunControl control;
  control.deadline = RunControl::Clock::now() + std::chrono::milliseconds(20);
  const auto outputs = run_session(*loaded->session, {held(Tensor(DType::kF32, {1}))}, control);
  ASSERT_FALSE(outputs.is_ok());
  EXPECT_EQ(outputs.status().code(), StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace octet::test
