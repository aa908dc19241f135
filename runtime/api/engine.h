// Engine: what models share: threads, memory, limits, log.
#pragma once

#include <memory>
#include <vector>

#include "kernels/api/backend.h"
#include "runtime/core/limits.h"
#include "runtime/core/log.h"
#include "runtime/core/memory.h"
#include "runtime/core/status.h"
#include "runtime/core/thread_pool.h"

namespace octet {

inline constexpr int kMostThreads = 4096;

struct EngineOptions {
  int threads = 0;           // 0: available_cpu_count()
  int64_t memory_limit = 0;  // of one session; 0: as bind_shapes()
  Limits limits = {};
  MemoryOptions memory = {};
  ThreadPoolOptions pool = {};  // its `threads` is not looked at
  Log log = {};
  // In order of preference, the last one takes everything; empty: CPU, reference.
  std::vector<Backend> backends = {};
};

// Threading: any thread.
struct Engine {
  // Errors: kUnsupported on a CPU that Octet does not run on, kInvalidArgument.
  static Result<std::shared_ptr<Engine>> create(const EngineOptions& options);
  std::shared_ptr<ThreadPool> pool;
  std::shared_ptr<Memory> memory;
  int64_t memory_limit = 0;
  Limits limits;
  Log log;
  std::vector<Backend> backends;
};

}  // namespace octet
