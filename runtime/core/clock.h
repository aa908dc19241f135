// The clock of all durations.
#pragma once

#include <chrono>

namespace octet {

// Of the steady clock; only differences mean something.
inline double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace octet
