// RunControl: what may end a run or a load before it is done.
#pragma once

#include <atomic>
#include <chrono>

#include "runtime/core/status.h"

namespace octet {

struct RunControl {
  using Clock = std::chrono::steady_clock;
  const std::atomic<bool>* cancelled = nullptr;  // set by another thread; nullptr: never
  Clock::time_point deadline = Clock::time_point::max();

  // Whether to go on: one relaxed load, and the clock where there is a deadline.
  StatusCode check() const {
    if (cancelled != nullptr && cancelled->load(std::memory_order_relaxed))
      return StatusCode::kCancelled;
    if (deadline != Clock::time_point::max() && Clock::now() >= deadline)
      return StatusCode::kDeadlineExceeded;
    return StatusCode::kOk;
  }
};

// Whether a status is what check() gave: nothing failed.
inline bool is_stop(const Status& status) {
  return status.code() == StatusCode::kCancelled || status.code() == StatusCode::kDeadlineExceeded;
}

// Makes `control` the one that check_stop() looks at in this thread, until the scope ends; scopes
// nest. Loading and binding open one, so that readers, passes and packing need not hand it through.
// nullptr: leaves the current one. It must outlive the scope.
class ControlScope {
 public:
  explicit ControlScope(const RunControl* control);
  ~ControlScope();
  ControlScope(const ControlScope&) = delete;
  ControlScope& operator=(const ControlScope&) = delete;

 private:
  const RunControl* before_;
};
// nullptr outside of any scope.
const RunControl* current_control();

// kCancelled or kDeadlineExceeded with a text for the caller.
Status stop_error(StatusCode code);
// Ok or stop_error(), as the current control says. For between pieces of work of some microseconds
// or more.
Status check_stop();

}  // namespace octet
