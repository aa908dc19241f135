// BatchWorkers: threads that run slices of rows at once, and hand them over in order.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "apps/run_model/batch/batch_plan.h"
#include "apps/run_model/batch/slice_run.h"

namespace octet::app {

// A thread per runner. At most two slices per worker are held at a time, whether running or
// waiting for their turn, so memory stays flat. Threading: next() and release() from one thread.
class BatchWorkers {
 public:
  // Slices of plan.batch_size from row `first` to plan.rows. `runners` outlive the workers.
  BatchWorkers(std::vector<SliceRunner>& runners, const BatchPlan& plan, int64_t first);
  ~BatchWorkers();  // waits for the runs that are going on
  BatchWorkers(const BatchWorkers&) = delete;
  BatchWorkers& operator=(const BatchWorkers&) = delete;

  // The slice that comes next, once it was run; null when `patience` passed without it. To be
  // released before the next call that is to give another. Precondition: !done().
  Slice* next(std::chrono::milliseconds patience);
  void release();
  // No more slices are begun; those under way are still handed over.
  void stop();
  // Whether all slices that were begun have been released, and none will be begun.
  bool done();

 private:
  struct Slot {
    Slice slice;
    bool ready = false;
  };
  void work(SliceRunner& runner);
  bool may_begin() const { return begun_ < slices_ && begun_ < released_ + slots_.size(); }

  BatchPlan plan_;
  int64_t first_;
  std::mutex mutex_;
  std::condition_variable ready_, room_;
  bool stopped_ = false;
  size_t slices_, begun_ = 0, released_ = 0;
  std::vector<Slot> slots_;  // slice i lies in slot i % size
  std::vector<std::thread> threads_;
};

}  // namespace octet::app
