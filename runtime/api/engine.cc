// Making an engine.
#include "runtime/api/engine.h"

#include "kernels/cpu/table.h"
#include "kernels/reference/table.h"
#include "runtime/core/cpu_count.h"

namespace octet {

Result<std::shared_ptr<Engine>> Engine::create(const EngineOptions& options) {
  std::vector<Backend> backends = options.backends;
  if (backends.empty()) backends = {cpu_backend(), reference_backend()};
  for (const Backend& backend : backends)
    if (backend.check != nullptr) OCTET_RETURN_IF_ERROR(backend.check());
  if (options.threads < 0 || options.threads > kMostThreads)
    return invalid_argument("threads is " + std::to_string(options.threads) + ", expected 1 to " +
                            std::to_string(kMostThreads) + ", or 0 for all CPUs");
  auto engine = std::make_shared<Engine>();
  ThreadPoolOptions pool = options.pool;
  pool.threads = options.threads > 0 ? options.threads : available_cpu_count();
  engine->pool = std::make_shared<ThreadPool>(pool);
  engine->memory = Memory::create(options.memory);
  engine->memory_limit = options.memory_limit;
  engine->limits = options.limits;
  engine->log = options.log;
  engine->backends = std::move(backends);
  return engine;
}

}  // namespace octet
