// Log: messages to whoever installed a sink; without one they are dropped.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/core/text.h"

namespace octet {

enum class LogLevel : int32_t { kDebug = 0, kInfo = 1, kWarning = 2 };

struct Log {
  // Called from any thread, several at once; `level` is a LogLevel, `text` is good during the call.
  void (*sink)(void* user, int32_t level, const char* text) = nullptr;
  void* user = nullptr;

  // For skipping the work of making a text that nobody gets.
  bool is_on() const { return sink != nullptr; }
  // The sink gets message_text(text): names from models are no orders to a terminal.
  void operator()(LogLevel level, const std::string& text) const {
    if (sink != nullptr) sink(user, static_cast<int32_t>(level), message_text(text).c_str());
  }
};

}  // namespace octet
