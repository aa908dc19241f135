// The pool runs every task once, serves many callers, survives fork and sleeps when idle.
#include "runtime/core/thread_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "tests/support/one_core.h"

namespace octet {
namespace {

void expect_each_once(ThreadPool& pool, int64_t tasks) {
  std::vector<std::atomic<int>> seen(static_cast<size_t>(tasks));
  pool.run(tasks, [&](int64_t task, int slot) {
    ASSERT_LT(slot, pool.size());
    seen[static_cast<size_t>(task)].fetch_add(1);
  });
  for (auto& count : seen) ASSERT_EQ(count.load(), 1);
}

TEST(ThreadPool, RunsEveryTaskOnce) {
  for (int threads : {1, 2, 3, 8}) {
    ThreadPool pool({.threads = threads});
    for (int64_t tasks : {0, 1, 2, 7, 64, 1000}) expect_each_once(pool, tasks);
  }
}

TEST(ThreadPool, CutsJobsWithMoreTasksThanATicketHolds) {
  ThreadPool pool({.threads = 2});
  std::atomic<int64_t> sum{0};
  const int64_t tasks = (int64_t{1} << 20) + 5;
  pool.run(tasks, [&](int64_t task, int) { sum.fetch_add(task, std::memory_order_relaxed); });
  EXPECT_EQ(sum.load(), tasks * (tasks - 1) / 2);
}

TEST(ThreadPool, SlotsOfOneJobNeverOverlap) {
  ThreadPool pool({.threads = 4});
  std::array<std::atomic<int>, 4> inside{};
  std::atomic<bool> overlapped{false};
  for (int round = 0; round < 200; ++round)
    pool.run(16, [&](int64_t, int slot) {
      if (inside[static_cast<size_t>(slot)].fetch_add(1) != 0) overlapped = true;
      inside[static_cast<size_t>(slot)].fetch_sub(1);
    });
  EXPECT_FALSE(overlapped);
}

TEST(ThreadPool, ManyCallersAtOnce) {
  ThreadPool pool({.threads = 3});
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 40; ++caller)  // more than it has job slots
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) expect_each_once(pool, 9);
    });
  for (auto& caller : callers) caller.join();
}

TEST(ThreadPool, AForkedChildRuns) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer ends a child that starts threads";
#endif
  ThreadPool pool({.threads = 2});
  expect_each_once(pool, 10);
  const pid_t child = ::fork();
  if (child == 0) {
    std::atomic<int> count{0};
    pool.run(100, [&](int64_t, int) { count.fetch_add(1); });
    ::_exit(count == 100 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  expect_each_once(pool, 10);
}

int64_t microseconds_of(int who) {
  rusage use{};
  ::getrusage(who, &use);
  return (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1'000'000L + use.ru_utime.tv_usec +
         use.ru_stime.tv_usec;
}

TEST(ThreadPool, IdleWorkersSleep) {
  ThreadPool pool({.threads = 4});
  expect_each_once(pool, 100);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const int64_t before = microseconds_of(RUSAGE_SELF);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_LT(microseconds_of(RUSAGE_SELF) - before,
            15'000);  // 5 % of one core, against 1.2 s of four spinning
}

// A scheduler may put a worker on its caller's core. It must not poll there while the caller is
// in the middle of the last task: each would have the core half of the time.
TEST(ThreadPool, AWorkerOnTheCallersCoreDoesNotPollItAway) {
  test::OnOneCore one_core;
  ThreadPool pool({.threads = 2, .bench_late_workers = false});  // inherits the one core
  int64_t before = 0, after = 0;
  pool.run(2, [&](int64_t task, int) {
    if (task != 0) return;
    before = microseconds_of(RUSAGE_SELF);
    const int64_t start = microseconds_of(RUSAGE_THREAD);
    while (microseconds_of(RUSAGE_THREAD) - start < 50'000) {
    }
    after = microseconds_of(RUSAGE_SELF);
  });
  EXPECT_LT(after - before, 65'000);
}

// A host may run the parts of a job one after another, backwards, or on new threads.
struct Host {
  enum class Order { kBackwards, kThreads, kNone } order = Order::kBackwards;
  std::atomic<int64_t> jobs{0}, most_parts{0};

  static void parallel_for(void* user, int64_t parts, void (*part)(void*, int64_t), void* context) {
    auto& host = *static_cast<Host*>(user);
    ++host.jobs;
    for (int64_t seen = host.most_parts; seen < parts;)
      if (host.most_parts.compare_exchange_weak(seen, parts)) break;
    std::vector<std::thread> threads;
    for (int64_t i = parts - 1; i >= 0; --i) {
      if (host.order == Order::kBackwards) part(context, i);
      if (host.order == Order::kThreads) threads.emplace_back(part, context, i);
    }
    for (auto& thread : threads) thread.join();
  }
};

TEST(ThreadPool, TheHostsThreadsRunEveryTaskOnce) {
  for (const auto order : {Host::Order::kBackwards, Host::Order::kThreads, Host::Order::kNone}) {
    Host host;
    host.order = order;
    ThreadPool pool({.threads = 3, .parallel_for = Host::parallel_for, .parallel_for_user = &host});
    for (int64_t tasks : {0, 1, 2, 7, 1000}) expect_each_once(pool, tasks);
    EXPECT_EQ(host.jobs, 3);  // nothing and a single task need nobody's help
    EXPECT_EQ(host.most_parts, 3);
  }
}

TEST(ThreadPool, SlotsOfAHostNeverOverlap) {
  Host host;
  host.order = Host::Order::kThreads;
  ThreadPool pool({.threads = 4, .parallel_for = Host::parallel_for, .parallel_for_user = &host});
  std::array<std::atomic<int>, 4> inside{};
  std::atomic<bool> overlapped{false};
  for (int round = 0; round < 20; ++round)
    pool.run(64, [&](int64_t, int slot) {
      if (inside[static_cast<size_t>(slot)].fetch_add(1) != 0) overlapped = true;
      inside[static_cast<size_t>(slot)].fetch_sub(1);
    });
  EXPECT_FALSE(overlapped);
}

}  // namespace
}  // namespace octet
