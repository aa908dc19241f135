// ThreadPool: runs the tasks of many jobs at once on a fixed set of threads.
//
// It waits for tasks, not for threads. A job is one atomic word (job, task count, next task):
// whoever can, claims the next task; the caller works too and returns when all claimed tasks are
// done, so a worker that another process holds off its core delays nobody unless it holds a task. A
// worker that was late with a task stays away for a while, longer each time. Idle workers spin for
// a short time and then sleep.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <type_traits>

namespace octet {

struct ThreadPoolOptions {
  int threads = 1;                // the caller's included; at least 1
  double spin_microseconds = 50;  // how long an idle worker polls before it sleeps
  bool bench_late_workers = true;
  // The host's threads in place of own ones: calls part(context, i) once for every i in [0, parts),
  // on any threads, at once or one after another, and returns when all have returned. `threads` is
  // the most parts it is given. Called from any thread, several at once.
  void (*parallel_for)(void* user, int64_t parts, void (*part)(void* context, int64_t index),
                       void* context) = nullptr;
  void* parallel_for_user = nullptr;
};

// Threading: run() may be called from any number of threads at once; each caller makes progress by
// itself. After fork() the child gets workers of its own at its first run(). With a host's
// parallel_for there are no workers, and all of this is as the host does it.
class ThreadPool {
 public:
  explicit ThreadPool(const ThreadPoolOptions& options);
  ~ThreadPool();  // no run() may be in progress
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const { return options_.threads; }

  // Calls function(context, task, slot) once for every task in [0, tasks); returns when all calls
  // have returned, and what they wrote is seen. `slot` in [0, size()) names the thread within this
  // job: no two calls of one job overlap in one slot; 0 is the caller unless there is a host.
  // `function` must not throw.
  using Function = void (*)(void* context, int64_t task, int slot);
  void run(int64_t tasks, Function function, void* context);

  template <class F>
  void run(int64_t tasks, F&& call) {
    using Call = std::remove_reference_t<F>;
    run(
        tasks,
        [](void* context, int64_t task, int slot) { (*static_cast<Call*>(context))(task, slot); },
        const_cast<void*>(static_cast<const void*>(&call)));
  }

 private:
  struct Crew;  // the threads of one process
  Crew& crew();
  void run_on_host(int64_t tasks, Function function, void* context) const;

  ThreadPoolOptions options_;
  std::atomic<Crew*> crew_{nullptr};
  std::atomic<uint64_t> crew_state_{0};  // of crew_, and the process that it is true in
};

}  // namespace octet
