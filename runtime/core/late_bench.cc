// Times off the core, and the stays that they lead to.
#include "runtime/core/late_bench.h"

#include <time.h>

#include <algorithm>

#include "runtime/core/clock.h"

namespace octet {
namespace {

constexpr double kLateSeconds = 1e-3;  // schedulers take a core away for longer than this
constexpr double kMostCredit = 5e-3;
constexpr double kTrialSeconds = 10e-3;
constexpr double kShortestStay = 20e-3;
constexpr double kLongestStay = 1;

double thread_cpu_seconds() {
  timespec spent{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

}  // namespace

void pause_core() { __builtin_ia32_pause(); }

double LateBench::lost(double now) const {
  return now - thread_cpu_seconds() - slept_ - idle_before_;
}

void LateBench::forget(double now) {
  idle_before_ += lost(now);
  forgotten_at_ = now;
}

void LateBench::begin(double start) {
  if (start - forgotten_at_ > kLateSeconds) forget(start);
}

void LateBench::record(double start, double end, double caller_idle_since) {
  credit_ = std::min(kMostCredit, credit_ + end - start);
  if (end - start < kLateSeconds) return;
  const double late = lost(end);
  forget(end);
  if (late < kLateSeconds / 2) return;
  credit_ -= std::min(late, end - start);
  if (caller_idle_since > 0) credit_ -= std::min(late, end - caller_idle_since);
  if (credit_ < 0) stay_away(end);
}

bool LateBench::may_return() {
  if (!on_trial_) return true;
  double now = now_seconds();
  forget(now);
  for (const double end = now + kTrialSeconds; now < end;) {
    for (int polls = 0; polls < 256; ++polls) pause_core();
    now = now_seconds();
    if (lost(now) < kLateSeconds / 2) continue;
    stay_away(now);
    return false;
  }
  on_trial_ = false;
  return true;
}

// Longer each time, until it has not been late for a while.
void LateBench::stay_away(double now) {
  stay_ = now > until_ + 4 * stay_ ? kShortestStay : std::min(kLongestStay, stay_ * 2);
  until_ = now + stay_;
  credit_ = 0;
  on_trial_ = true;
}

}  // namespace octet
