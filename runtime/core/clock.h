// Seconds on the steady clock.
#pragma once

#include <chrono>

namespace octet {

// Only differences mean something.
inline double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace octet
