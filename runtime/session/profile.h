// Profile: what every kernel call of a run cost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/program/program.h"

namespace octet {

// One kernel call. Times in nanoseconds of std::chrono::steady_clock.
struct KernelCall {
  int program;  // into Profile::programs()
  int report;   // into its Program::reports
  int slot;     // the thread within the run
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
  // The number by which its calls name a program; it is kept. Not while calls are added.
  int number_of(const std::shared_ptr<const Program>& program);
  const std::vector<std::shared_ptr<const Program>>& programs() const { return programs_; }
  const NodeReport& report(const KernelCall& call) const;
  int64_t runs() const { return runs_; }
  // All calls, thread by thread in order of time.
  std::vector<KernelCall> calls() const;

 private:
  int64_t runs_ = 0;
  std::vector<std::shared_ptr<const Program>> programs_;
  std::vector<std::vector<KernelCall>> calls_;
};

}  // namespace octet
