// The C API: engines.
#include "runtime/api/handles.h"

namespace octet {
namespace {

// Sets `limit` where the caller gave one.
template <class T>
Status take_limit(int64_t given, int64_t greatest, const char* name, T& limit) {
  if (given < 0 || given > greatest)
    return invalid_argument(std::string("octet_engine_options.") + name + " is " +
                            std::to_string(given) + ", expected 1 to " + std::to_string(greatest) +
                            ", or 0 for the default");
  if (given > 0) limit = static_cast<T>(given);
  return Status::ok();
}

Status take_limits(const octet_engine_options& given, Limits& limits) {
  OCTET_RETURN_IF_ERROR(take_limit(given.max_rank, OCTET_MAX_RANK, "max_rank", limits.max_rank));
  OCTET_RETURN_IF_ERROR(
      take_limit(given.max_nesting, limits.max_nesting, "max_nesting", limits.max_nesting));
  OCTET_RETURN_IF_ERROR(take_limit(given.max_dim, INT64_MAX, "max_dim", limits.max_dim));
  OCTET_RETURN_IF_ERROR(
      take_limit(given.max_elements, INT64_MAX, "max_elements", limits.max_elements));
  const struct {
    int64_t given;
    const char* name;
    uint64_t* limit;
  } counts[] = {{given.max_model_bytes, "max_model_bytes", &limits.max_model_bytes},
                {given.max_structure_bytes, "max_structure_bytes", &limits.max_structure_bytes},
                {given.max_nodes, "max_nodes", &limits.max_nodes},
                {given.max_initializers, "max_initializers", &limits.max_initializers},
                {given.max_inputs, "max_inputs", &limits.max_inputs},
                {given.max_fields, "max_fields", &limits.max_fields},
                {given.max_string, "max_string", &limits.max_string},
                {given.max_shape_bytes, "max_shape_bytes", &limits.max_shape_bytes},
                {given.max_folded_bytes, "max_folded_bytes", &limits.max_folded_bytes}};
  for (const auto& count : counts)
    OCTET_RETURN_IF_ERROR(take_limit(count.given, INT64_MAX, count.name, *count.limit));
  return Status::ok();
}

Result<EngineOptions> to_options(const octet_engine_options* options) {
  OCTET_ASSIGN_OR_RETURN(const octet_engine_options given,
                         take_struct(options, "octet_engine_options"));
  if ((given.allocate == nullptr) != (given.deallocate == nullptr))
    return invalid_argument(
        "octet_engine_options has one of allocate and deallocate, expected both or none");
  EngineOptions made;
  made.threads = given.threads;
  OCTET_RETURN_IF_ERROR(
      take_limit(given.memory_limit, INT64_MAX, "memory_limit", made.memory_limit));
  OCTET_RETURN_IF_ERROR(
      take_limit(given.memory_ceiling, INT64_MAX, "memory_ceiling", made.memory.ceiling));
  OCTET_RETURN_IF_ERROR(take_limits(given, made.limits));
  made.memory.allocate = given.allocate;
  made.memory.deallocate = given.deallocate;
  made.memory.user = given.allocator_user;
  made.log = {given.log, given.log_user};
  made.pool.parallel_for = given.parallel_for;
  made.pool.parallel_for_user = given.parallel_for_user;
  return made;
}

}  // namespace
}  // namespace octet

extern "C" {

octet_status octet_engine_create(const octet_engine_options* options, octet_engine** engine,
                                 octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    if (engine == nullptr) return octet::invalid_argument("octet_engine_create: engine is NULL");
    OCTET_ASSIGN_OR_RETURN(const octet::EngineOptions made, octet::to_options(options));
    auto handle = std::make_unique<octet_engine>();
    OCTET_ASSIGN_OR_RETURN(handle->engine, octet::Engine::create(made));
    *engine = handle.release();
    return octet::Status::ok();
  });
}

int32_t octet_engine_threads(const octet_engine* engine) {
  return engine == nullptr ? 0 : engine->engine->pool->size();
}

octet_status octet_engine_memory(const octet_engine* engine, octet_memory* memory,
                                 octet_error** error) {
  return octet::guarded(error, [&]() -> octet::Status {
    if (engine == nullptr) return octet::invalid_argument("octet_engine_memory: engine is NULL");
    const octet::Memory& own = *engine->engine->memory;
    const int64_t in_use = own.bytes_in_use();
    return octet::give_struct({.struct_size = sizeof(octet_memory),
                               .bytes_in_use = in_use,
                               .peak_bytes = std::max(in_use, own.peak_bytes()),
                               .ceiling = own.ceiling()},
                              memory, "octet_memory");
  });
}

void octet_engine_free(octet_engine* engine) { delete engine; }

}  // extern "C"
