// Collection of kernel calls.
#include "runtime/session/profile.h"

namespace octet {

std::vector<KernelCall> Profile::calls() const {
  std::vector<KernelCall> all;
  for (const auto& slot : calls_) all.insert(all.end(), slot.begin(), slot.end());
  return all;
}

}  // namespace octet
