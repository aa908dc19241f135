// Collection of kernel calls.
#include "runtime/session/profile.h"

#include <chrono>

namespace octet {

int64_t Profile::now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::vector<KernelCall> Profile::calls() const {
  std::vector<KernelCall> all;
  for (const auto& slot : calls_) all.insert(all.end(), slot.begin(), slot.end());
  return all;
}

}  // namespace octet
