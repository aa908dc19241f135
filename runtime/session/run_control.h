// RunControl: what may end a run before it is done.
#pragma once

#include <atomic>
#include <chrono>

#include "runtime/core/status.h"

namespace octet {

struct RunControl {
  using Clock = std::chrono::steady_clock;
  const std::atomic<bool>* cancelled = nullptr;  // set by another thread; nullptr: never
  Clock::time_point deadline = Clock::time_point::max();

  // Whether to go on; for between kernel calls: one relaxed load, and the clock where there is a
  // deadline.
  StatusCode check() const {
    if (cancelled != nullptr && cancelled->load(std::memory_order_relaxed))
      return StatusCode::kCancelled;
    if (deadline != Clock::time_point::max() && Clock::now() >= deadline)
      return StatusCode::kDeadlineExceeded;
    return StatusCode::kOk;
  }
};

}  // namespace octet
