// Workers over a ring of slices.
#include "apps/run_model/batch/batch_workers.h"

#include <algorithm>

namespace octet::app {

BatchWorkers::BatchWorkers(std::vector<SliceRunner>& runners, const BatchPlan& plan, int64_t first)
    : plan_(plan),
      first_(first),
      slices_(static_cast<size_t>((plan.rows - first + plan.batch_size - 1) / plan.batch_size)),
      slots_(2 * runners.size()) {
  for (SliceRunner& runner : runners) threads_.emplace_back([this, &runner] { work(runner); });
}

BatchWorkers::~BatchWorkers() {
  stop();
  for (std::thread& thread : threads_) thread.join();
}

void BatchWorkers::work(SliceRunner& runner) {
  std::unique_lock lock(mutex_);
  for (;;) {
    room_.wait(lock, [&] { return stopped_ || begun_ == slices_ || may_begin(); });
    if (stopped_ || begun_ == slices_) return;
    const size_t index = begun_++;
    Slot& slot = slots_[index % slots_.size()];
    slot.slice.first = first_ + static_cast<int64_t>(index) * plan_.batch_size;
    slot.slice.count = std::min(plan_.batch_size, plan_.rows - slot.slice.first);
    lock.unlock();
    runner.run(slot.slice);
    lock.lock();
    slot.ready = true;
    if (!slot.slice.status.is_ok()) stopped_ = true;
    ready_.notify_one();
  }
}

Slice* BatchWorkers::next(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  Slot& slot = slots_[released_ % slots_.size()];
  return ready_.wait_for(lock, patience, [&] { return slot.ready; }) ? &slot.slice : nullptr;
}

void BatchWorkers::release() {
  const std::lock_guard lock(mutex_);
  slots_[released_ % slots_.size()].ready = false;
  ++released_;
  room_.notify_one();
}

void BatchWorkers::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  room_.notify_all();
}

bool BatchWorkers::done() {
  const std::lock_guard lock(mutex_);
  return released_ == begun_ && (stopped_ || begun_ == slices_);
}

}  // namespace octet::app
