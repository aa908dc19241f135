// The C library for small blocks, mmap for large ones.
#include "runtime/core/system_memory.h"

#include <sys/mman.h>

#include <cassert>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace octet {
namespace {

constexpr size_t kAlignment = 64;
#ifdef __SANITIZE_ADDRESS__
constexpr size_t kOwnMapping = SIZE_MAX;  // it sees overruns of the C library's blocks alone
#else
// Mapping and unmapping cost some 2 us; the first touch of a page costs the same wherever it is.
constexpr size_t kOwnMapping = size_t{256} << 10;
#endif

}  // namespace

void* take_system_memory(size_t bytes) {
  assert(bytes % kAlignment == 0);
  if (bytes >= kOwnMapping) {
    void* memory =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? nullptr : memory;
  }
  void* memory = std::aligned_alloc(kAlignment, bytes);
  if (memory != nullptr) std::memset(memory, 0, bytes);
  return memory;
}

void free_system_memory(void* memory, size_t bytes) {
  if (bytes >= kOwnMapping) {
    ::munmap(memory, bytes);
  } else {
    std::free(memory);
  }
}

}  // namespace octet
