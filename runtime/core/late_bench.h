// LateBench: keeps a pool's worker away while it costs more than it brings.
//
// A worker that is held off its core in the middle of a task makes the caller wait. Off its core is
// wall time that was neither spent computing nor sleeping by choice. What the worker computed is
// set against what the caller waited for it, so that a long job keeps a helper that has half a
// core.
#pragma once

namespace octet {

void pause_core();  // a moment of polling

// Of one worker, and used by its thread alone. Times are those of now_seconds().
class LateBench {
 public:
  bool is_out(double now) const { return now < until_; }
  double until() const { return until_; }
  void add_sleep(double seconds) { slept_ += seconds; }

  // A task begins. What was lost before it counts no more (but for the last millisecond: reading
  // the thread's clock is a system call).
  void begin(double start);
  // The task ran from `start` to `end`; the caller has had nothing to do since `caller_idle_since`
  // (0: it has).
  void record(double start, double end, double caller_idle_since);

  // After a stay, with work at hand: whether the thread has a core to itself again. It is tried out
  // for as long as schedulers let two threads take turns (10 ms), on no task that anyone waits for.
  // Where it has not, another stay begins. Without a stay before: true, at once.
  bool may_return();

 private:
  double lost(double now) const;
  void forget(double now);
  void stay_away(double now);

  double until_ = 0, stay_ = 0, slept_ = 0, credit_ = 0;
  double idle_before_ = 0, forgotten_at_ = 0;
  bool on_trial_ = false;
};

}  // namespace octet
