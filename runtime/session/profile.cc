// Collection of kernel calls.
#include "runtime/session/profile.h"

#include <algorithm>
#include <chrono>

namespace octet {

int64_t Profile::now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

int Profile::number_of(const std::shared_ptr<const Program>& program) {
  const auto found = std::find(programs_.begin(), programs_.end(), program);
  const auto number = static_cast<int>(found - programs_.begin());
  if (found == programs_.end()) programs_.push_back(program);
  return number;
}

const NodeReport& Profile::report(const KernelCall& call) const {
  return programs_[static_cast<size_t>(call.program)]->reports[static_cast<size_t>(call.report)];
}

std::vector<KernelCall> Profile::calls() const {
  std::vector<KernelCall> all;
  for (const auto& slot : calls_) all.insert(all.end(), slot.begin(), slot.end());
  return all;
}

}  // namespace octet
