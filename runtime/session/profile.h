// Profile: what every kernel call of a run cost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace octet {

// One kernel call. Times in nanoseconds of std::chrono::steady_clock.
struct KernelCall {
  int report;  // into Program::reports
  int slot;    // the thread within the run
  int64_t start;
  int64_t end;
  int64_t rows;  // of a region's tile; 0 for tasks
};

// Threading: each slot is written by one thread at a time; read it when the run is over.
class Profile {
 public:
  explicit Profile(int slots) : calls_(static_cast<size_t>(slots)) {}
  static int64_t now();  // for start and end
  void add(const KernelCall& call) { calls_[static_cast<size_t>(call.slot)].push_back(call); }
  void begin_run() { ++runs_; }
  int64_t runs() const { return runs_; }
  // All calls, thread by thread in order of time.
  std::vector<KernelCall> calls() const;

 private:
  int64_t runs_ = 0;
  std::vector<std::vector<KernelCall>> calls_;
};

}  // namespace octet
