// Heartbeat and the control of a thread.
#include "runtime/core/heartbeat.h"

#include <gtest/gtest.h>

#include <vector>

namespace octet::test {
namespace {

const RunControl kLate{.cancelled = nullptr, .deadline = RunControl::Clock::now()};

TEST(Heartbeat, LooksEverySoManyUnits) {
  Heartbeat beat(&kLate);
  int64_t rounds = 0;
  while (!beat.stop()) ++rounds;
  EXPECT_EQ(rounds, Heartbeat::kUnits - 1);
  EXPECT_EQ(beat.status().code(), StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(beat.stop(0));  // and stays
  EXPECT_TRUE(beat.stop(INT64_MAX));
  EXPECT_TRUE(beat.stop());
}

TEST(Heartbeat, ALargePieceOfWorkIsLookedAtBefore) {
  Heartbeat beat(&kLate);
  EXPECT_TRUE(beat.stop(INT64_MAX));
}

TEST(Heartbeat, GoesOnWithoutAReason) {
  for (const RunControl& control : {RunControl{}, RunControl{}}) {
    Heartbeat beat(&control), free(nullptr);
    for (int i = 0; i < 5; ++i) {
      EXPECT_FALSE(beat.stop(INT64_MAX));
      EXPECT_FALSE(free.stop(INT64_MAX));
    }
    EXPECT_TRUE(beat.status().is_ok());
  }
}

TEST(Heartbeat, EndsForAReasonOfTheLoop) {
  Heartbeat beat(nullptr);
  beat.end();
  EXPECT_TRUE(beat.stop());
  EXPECT_TRUE(beat.stop());
  EXPECT_TRUE(beat.status().is_ok());
}

TEST(Heartbeat, PiecesCoverTheCountOnce) {
  for (int64_t count : {int64_t{0}, int64_t{1}, Heartbeat::kUnits, 3 * Heartbeat::kUnits + 7})
    for (int64_t work : {int64_t{0}, int64_t{1}, int64_t{8}, 2 * Heartbeat::kUnits}) {
      if (work > 8 && count > 1) continue;
      Heartbeat beat(nullptr);
      int64_t next = 0;
      in_pieces(beat, count, work, [&](int64_t first, int64_t last) {
        EXPECT_EQ(first, next);
        EXPECT_GT(last, first);
        next = last;
      });
      EXPECT_EQ(next, count);
    }
}

TEST(ControlScope, IsTheThreadsUntilItEnds) {
  EXPECT_TRUE(check_stop().is_ok());
  std::atomic<bool> cancelled{false};
  const RunControl control{.cancelled = &cancelled};
  {
    const ControlScope scope(&control);
    const ControlScope inner(nullptr);  // leaves it
    EXPECT_EQ(current_control(), &control);
    EXPECT_TRUE(check_stop().is_ok());
    cancelled = true;
    EXPECT_EQ(check_stop().code(), StatusCode::kCancelled);
    EXPECT_FALSE(check_stop().message().empty());
  }
  EXPECT_EQ(current_control(), nullptr);
  EXPECT_TRUE(check_stop().is_ok());
}

}  // namespace
}  // namespace octet::test
