// Tickets, workers and sleeping of the thread pool.
#include "runtime/core/thread_pool.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

#include "runtime/core/clock.h"
#include "runtime/core/late_bench.h"

namespace octet {
namespace {

constexpr int kJobSlots =
    32;  // jobs that workers help with at once; a caller beyond that works alone
constexpr int kTaskBits = 20;  // tasks of one ticket; larger jobs are cut
constexpr uint64_t kTaskMask = (uint64_t{1} << kTaskBits) - 1;
constexpr int64_t kMostTasks = static_cast<int64_t>(kTaskMask);

struct alignas(64) Job {
  std::atomic<uint64_t> ticket{0};  // job number, task count, next task
  std::atomic<int64_t> done{0};
  std::atomic<double> caller_idle_since{0};
  uint32_t number = 0;
  ThreadPool::Function function = nullptr;
  void* context = nullptr;

  void publish(int64_t tasks, ThreadPool::Function call, void* with) {
    function = call;
    context = with;
    done.store(0, std::memory_order_relaxed);
    caller_idle_since.store(0, std::memory_order_relaxed);
    number = (number + 1) & 0xffffff;
    ticket.store(uint64_t{number} << 2 * kTaskBits | static_cast<uint64_t>(tasks) << kTaskBits);
  }
  static bool has_task(uint64_t ticket) {
    return (ticket & kTaskMask) < (ticket >> kTaskBits & kTaskMask);
  }
  bool claim(int64_t& task) {
    uint64_t seen = ticket.load(std::memory_order_acquire);
    while (has_task(seen)) {
      const uint64_t next = seen & kTaskMask;
      if (ticket.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel)) {
        task = static_cast<int64_t>(next);
        return true;
      }
    }
    return false;
  }
  // Precondition: `task` was claimed; until it is done the job cannot change.
  void execute(int64_t task, int slot) { function(context, task, slot); }
  void finish_task() { done.fetch_add(1, std::memory_order_release); }
};

// How often this process and its forefathers were forked; a child counts one more than its parent.
std::atomic<uint64_t> fork_count{0};

void count_forks() {
  static const int error =
      ::pthread_atfork(nullptr, nullptr, [] { fork_count.fetch_add(1); });  // gone with dlclose
  if (error != 0) throw std::bad_alloc();
}

enum CrewState : uint64_t { kNone, kMade, kBeingMade };
uint64_t crew_state(CrewState state) {
  return fork_count.load(std::memory_order_relaxed) << 2 | state;
}

}  // namespace

struct ThreadPool::Crew {
  explicit Crew(const ThreadPoolOptions& given) : options(given) {
    workers.reserve(static_cast<size_t>(options.threads));
    try {
      for (int slot = 1; slot < options.threads; ++slot)
        workers.emplace_back([this, slot] { serve(slot); });
    } catch (const std::system_error&) {
      // A limit on threads (of the user, of the container): callers do the work with fewer.
    } catch (const std::bad_alloc&) {
    }
  }
  ~Crew() {
    stopping.store(true);
    wake();
    for (auto& worker : workers) worker.join();
  }

  void run(int64_t tasks, Function function, void* context) {
    const int index = take_job_slot();
    if (index < 0) {
      for (int64_t task = 0; task < tasks; ++task) function(context, task, 0);
      return;
    }
    Job& job = jobs[static_cast<size_t>(index)];
    job.publish(tasks, function, context);
    active.fetch_or(uint32_t{1} << index);
    if (sleeping.load() > 0) wake();
    for (int64_t task; job.claim(task);) {
      job.execute(task, 0);
      job.finish_task();
    }
    active.fetch_and(~(uint32_t{1} << index));
    for (int64_t polls = 0; job.done.load(std::memory_order_acquire) != tasks; ++polls) {
      if (polls == 0) job.caller_idle_since.store(now_seconds(), std::memory_order_relaxed);
      pause_core();
      if (polls > 20'000)
        std::this_thread::yield();  // the worker may be waiting for this very core
    }
    taken.fetch_and(~(uint32_t{1} << index));
  }

  int take_job_slot() {
    uint32_t seen = taken.load();
    for (;;) {
      if (~seen == 0) return -1;
      const int index = __builtin_ctz(~seen);
      if (taken.compare_exchange_weak(seen, seen | uint32_t{1} << index)) return index;
    }
  }

  void wake() {
    epoch.fetch_add(1);
    epoch.notify_all();
  }

  void serve(int slot) {
    LateBench bench;
    while (!stopping.load(std::memory_order_relaxed)) {
      if (options.bench_late_workers) {
        const double wait = bench.until() - now_seconds();
        if (wait > 0) {
          std::this_thread::sleep_for(std::chrono::duration<double>(std::min(wait, 0.02)));
          continue;
        }
      }
      await_work(bench);
      if (options.bench_late_workers && !stopping.load() && !bench.may_return()) continue;
      for (uint32_t open = active.load(std::memory_order_acquire); open != 0; open &= open - 1)
        help(jobs[static_cast<size_t>(__builtin_ctz(open))], slot, bench);
    }
  }

  void help(Job& job, int slot, LateBench& bench) {
    for (int64_t task;;) {
      const double start = now_seconds();
      if ((options.bench_late_workers && bench.is_out(start)) || !job.claim(task)) return;
      bench.begin(start);
      job.execute(task, slot);
      const double end = now_seconds();
      const double idle_since = job.caller_idle_since.load(std::memory_order_relaxed);
      job.finish_task();  // from here on the job may be another
      bench.record(start, end, idle_since);
    }
  }

  // A job whose tasks are all claimed is no work: a worker that kept polling until its caller is
  // done with the last would, where both share a core, keep that caller from it.
  bool has_work() const {
    for (uint32_t open = active.load(); open != 0; open &= open - 1)
      if (Job::has_task(jobs[static_cast<size_t>(__builtin_ctz(open))].ticket.load())) return true;
    return false;
  }

  void await_work(LateBench& bench) {
    const double until = now_seconds() + options.spin_microseconds * 1e-6;
    for (int polls = 1; !has_work(); ++polls) {
      if (stopping.load(std::memory_order_relaxed)) return;
      pause_core();
      if (polls % 64 != 0 || now_seconds() < until) continue;
      const uint32_t seen = epoch.load();
      sleeping.fetch_add(1);
      if (!has_work() && !stopping.load()) {
        const double asleep = now_seconds();
        epoch.wait(seen);
        bench.add_sleep(now_seconds() - asleep);
      }
      sleeping.fetch_sub(1);
    }
  }

  ThreadPoolOptions options;
  std::array<Job, kJobSlots> jobs;
  alignas(64) std::atomic<uint32_t> active{0};  // bit per job that may have tasks to claim
  std::atomic<uint32_t> taken{0};               // bit per job in use by a caller
  alignas(64) std::atomic<uint32_t> epoch{0};
  std::atomic<int> sleeping{0};
  std::atomic<bool> stopping{false};
  std::vector<std::thread> workers;
};

ThreadPool::ThreadPool(const ThreadPoolOptions& options) : options_(options) {
  options_.threads = std::max(1, options_.threads);
  count_forks();
}

ThreadPool::~ThreadPool() {
  // A forked child's inherited crew has no threads left to join.
  if (crew_state_.load() == crew_state(kMade)) delete crew_.load();
}

ThreadPool::Crew& ThreadPool::crew() {
  // First use, or a child after fork(): whoever comes first makes the crew, the others wait a
  // moment, and try themselves where that failed.
  for (uint64_t state;
       (state = crew_state_.load(std::memory_order_acquire)) != crew_state(kMade);) {
    if (state == crew_state(kBeingMade) ||
        !crew_state_.compare_exchange_strong(state, crew_state(kBeingMade))) {
      std::this_thread::yield();
      continue;
    }
    try {
      crew_.store(new Crew(options_),
                  std::memory_order_release);  // the parent's, if any, is left alone
    } catch (...) {
      crew_state_.store(crew_state(kNone), std::memory_order_release);
      throw;
    }
    crew_state_.store(crew_state(kMade), std::memory_order_release);
  }
  return *crew_.load(std::memory_order_acquire);
}

void ThreadPool::run(int64_t tasks, Function function, void* context) {
  if (tasks <= 0) return;
  if (options_.threads == 1 || tasks == 1) {
    for (int64_t task = 0; task < tasks; ++task) function(context, task, 0);
    return;
  }
  if (options_.parallel_for != nullptr) return run_on_host(tasks, function, context);
  struct Part {
    Function function;
    void* context;
    int64_t first;
  };
  for (int64_t first = 0; first < tasks; first += kMostTasks) {
    Part part{function, context, first};
    crew().run(
        std::min(kMostTasks, tasks - first),
        [](void* with, int64_t task, int slot) {
          auto& p = *static_cast<Part*>(with);
          p.function(p.context, p.first + task, slot);
        },
        &part);
  }
}

// Every part claims tasks until there are none, so a part's number serves as its slot however the
// host schedules them. What a host leaves out that drops parts against its contract is done here.
void ThreadPool::run_on_host(int64_t tasks, Function function, void* context) const {
  struct HostJob {
    Function function;
    void* context;
    int64_t tasks;
    std::atomic<int64_t> next{0};

    static void help(void* with, int64_t slot) {
      auto& job = *static_cast<HostJob*>(with);
      for (int64_t task; (task = job.next.fetch_add(1, std::memory_order_relaxed)) < job.tasks;)
        job.function(job.context, task, static_cast<int>(slot));
    }
  };
  HostJob job{function, context, tasks};
  options_.parallel_for(options_.parallel_for_user,
                        std::min(tasks, static_cast<int64_t>(options_.threads)), HostJob::help,
                        &job);
  HostJob::help(&job, 0);
}

}  // namespace octet
