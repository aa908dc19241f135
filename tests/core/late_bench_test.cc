// Who is sent away, for how long, and what brings a worker back.
#include "runtime/core/late_bench.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "runtime/core/clock.h"
#include "tests/support/one_core.h"

namespace octet {
namespace {

// Time off the core, as when another thread has it.
void lose(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

// A task that lasts `seconds` and gets no core in that time; when it ended.
double held_off(LateBench& bench, double seconds, bool caller_waits) {
  const double start = now_seconds();
  bench.begin(start);
  lose(seconds);
  const double end = now_seconds();
  bench.record(start, end, caller_waits ? start : 0);
  return end;
}

TEST(LateBench, HeldOffInATaskIsOut) {
  LateBench bench;
  EXPECT_TRUE(bench.may_return());
  EXPECT_FALSE(bench.is_out(now_seconds()));
  const double end = held_off(bench, 0.004, true);
  EXPECT_TRUE(bench.is_out(end));
  EXPECT_NEAR(bench.until() - end, 0.02, 1e-6);
}

TEST(LateBench, HeldOffBeforeATaskIsNot) {
  for (bool in_time = false; !in_time;) {
    LateBench bench;
    bench.begin(now_seconds());
    lose(0.004);
    const double start = now_seconds();
    bench.begin(start);
    double end = start;
    while (end - start < 0.0015) end = now_seconds();
    in_time = end - start < 0.0016;  // nobody took the core
    bench.record(start, end, start);
    if (in_time) {
      EXPECT_FALSE(bench.is_out(end));
    }
  }
}

TEST(LateBench, SleptByChoiceIsNotLate) {
  LateBench bench;
  const double start = now_seconds();
  bench.begin(start);
  lose(0.004);
  const double end = now_seconds();
  bench.add_sleep(end - start);
  bench.record(start, end, start);
  EXPECT_FALSE(bench.is_out(end));
}

TEST(LateBench, WhatWasDoneBeforeCountsInFavour) {
  for (bool in_time = false; !in_time;) {  // a busy machine may hold this off for longer
    LateBench bench;
    for (int task = 0; task < 20; ++task) bench.record(0, 0.0005, 0);  // quick ones: 10 ms
    const double before = now_seconds();
    const double end = held_off(bench, 0.002, false);
    in_time = end - before < 0.004;
    if (in_time) {
      EXPECT_FALSE(bench.is_out(end));
    }
  }
}

TEST(LateBench, ASharedCoreBringsNobodyBack) {
  test::OnOneCore one_core;
  LateBench bench;
  held_off(bench, 0.004, true);
  std::atomic<bool> stop{false};
  std::thread neighbour([&] {
    while (!stop) pause_core();
  });
  for (int stay = 0; stay < 2; ++stay) {
    lose(bench.until() - now_seconds());
    const double before = now_seconds();
    EXPECT_FALSE(bench.may_return());
    EXPECT_TRUE(bench.is_out(before));
  }
  stop = true;
  neighbour.join();
}

}  // namespace
}  // namespace octet
