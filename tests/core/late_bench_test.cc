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

TEST(LateBench, HeldOffInATaskIsOut) {
  LateBench bench;
  EXPECT_TRUE(bench.may_return());
  const double start = now_seconds();
  EXPECT_FALSE(bench.is_out(start));
  lose(0.004);
  const double end = now_seconds();
  bench.record(start, end, start);
  EXPECT_TRUE(bench.is_out(end));
  EXPECT_NEAR(bench.until() - end, 0.02, 1e-6);
}

TEST(LateBench, SleptByChoiceIsNotLate) {
  LateBench bench;
  const double start = now_seconds();
  lose(0.004);
  const double end = now_seconds();
  bench.add_sleep(end - start);
  bench.record(start, end, start);
  EXPECT_FALSE(bench.is_out(end));
}

TEST(LateBench, WhatWasDoneBeforeCountsInFavour) {
  LateBench bench;
  for (int task = 0; task < 20; ++task) bench.record(0, 0.0005, 0);  // quick ones: 10 ms
  const double start = now_seconds();
  lose(0.002);
  const double end = now_seconds();
  bench.record(start, end, 0);  // nobody waited
  EXPECT_FALSE(bench.is_out(end));
}

TEST(LateBench, ASharedCoreBringsNobodyBack) {
  test::OnOneCore one_core;
  LateBench bench;
  const double start = now_seconds();
  lose(0.004);
  bench.record(start, now_seconds(), start);
  std::atomic<bool> stop{false};
  std::thread neighbour([&] {
    while (!stop) pause_core();
  });
  for (double stay : {0.04, 0.08}) {
    lose(bench.until() - now_seconds());
    const double before = now_seconds();
    EXPECT_FALSE(bench.may_return());
    EXPECT_GE(bench.until() - before, stay);
  }
  stop = true;
  neighbour.join();
}

}  // namespace
}  // namespace octet
