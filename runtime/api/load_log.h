// LoadLog: what loading a model has to tell to the engine's log.
#pragma once

#include <chrono>
#include <string>

#include "runtime/core/log.h"

namespace octet {

class Model;

// Made where loading starts.
class LoadLog {
 public:
  LoadLog(const Log& log, const std::string& path)
      : log_(log), path_(path), start_(std::chrono::steady_clock::now()) {}
  void warn(const std::string& text) const { log_(LogLevel::kWarning, path_ + ": " + text); }
  // A summary, and a warning per op with nodes that no fast kernel took.
  void loaded(const Model& model) const;

 private:
  const Log log_;
  const std::string path_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace octet
