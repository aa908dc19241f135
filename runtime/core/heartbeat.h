// Heartbeat: a loop counts its work with it, and so looks at the control of its run every so often.
#pragma once

#include <algorithm>
#include <cstdint>

#include "runtime/core/run_control.h"

namespace octet {

// Work is counted in units of about 1 to 10 ns: an element that a plain loop computes, 16
// multiply-adds of a fast one. Every kUnits of them it looks, which takes some 30 ns; in between it
// costs a subtraction and a branch. One thread's.
//
//   Heartbeat beat(args.control);
//   for (int64_t i = 0; i < count && !beat.stop(); ++i) ...
//   return beat.status();
class Heartbeat {
 public:
  static constexpr int64_t kUnits = int64_t{1} << 16;

  // nullptr: nothing stops the loop.
  explicit Heartbeat(const RunControl* control) : control_(control) {}

  // Whether to leave the loop: true from then on, so that outer loops end as well. `work`, at least
  // 0, is what the loop does before it asks again.
  bool stop(int64_t work = 1) {
    left_ -= work;
    return left_ <= 0 && look();
  }
  // Leaves the loops for a reason of the caller's own.
  void end() { ended_ = true, left_ = 0; }

  // Ok, or kCancelled or kDeadlineExceeded without a text: the session knows what to say.
  Status status() const { return {code_, {}}; }

 private:
  bool look() {
    if (ended_) return left_ = 0, true;
    left_ = kUnits;
    if (control_ == nullptr) return false;
    code_ = control_->check();
    if (code_ != StatusCode::kOk) end();
    return ended_;
  }

  const RunControl* control_;
  int64_t left_ = kUnits;
  StatusCode code_ = StatusCode::kOk;
  bool ended_ = false;
};

// body(first, last) for the pieces of [0, count), each of at most kUnits units when an element
// costs `work`. For loops that are too tight to count for themselves.
template <class Body>
void in_pieces(Heartbeat& beat, int64_t count, int64_t work, Body body) {
  const int64_t piece = std::max<int64_t>(Heartbeat::kUnits / std::max<int64_t>(work, 1), 1);
  for (int64_t first = 0; first < count; first += piece) {
    const int64_t last = std::min(first + piece, count);
    if (beat.stop((last - first) * work)) return;
    body(first, last);
  }
}

}  // namespace octet
