// Share: which part of a node a reference kernel computes, and the heartbeat of its loops.
#pragma once

#include "kernels/api/kernel.h"

namespace octet::reference {

// One task of several. Every loop over elements goes through walk() or asks stop(), which counts
// one element or one multiply-add; see Heartbeat.
class Share : public Heartbeat {
 public:
  // Everything as one task.
  explicit Share(const RunControl* control) : Heartbeat(control) {}
  Share(const RunControl* control, int64_t task, int64_t tasks)
      : Heartbeat(control), task_(task), tasks_(tasks) {}

  // This task's part of a loop of `count` rounds: [first, last), possibly empty. Together the tasks
  // do each round once.
  struct Range {
    int64_t first;
    int64_t last;
  };
  Range of(int64_t count) const {
    const int64_t each = count / tasks_, over = count % tasks_;
    const int64_t first = each * task_ + std::min(task_, over);
    return {first, first + each + (task_ < over ? 1 : 0)};
  }

 private:
  int64_t task_ = 0, tasks_ = 1;
};

}  // namespace octet::reference
