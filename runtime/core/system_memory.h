// Memory from the system that goes back to it.
#pragma once

#include <cstddef>

namespace octet {

// `bytes` zeroed bytes aligned to 64; nullptr when there are none. Large blocks are mappings of
// their own, so that freeing one makes the process smaller: the C library keeps freed blocks of up
// to 32 MiB once it has seen a block of that size freed, and a model that loads layer by layer
// would end with holes as large as all of its float weights. `bytes` is a multiple of 64.
// Threading: any thread.
void* take_system_memory(size_t bytes);
// Precondition: take_system_memory(bytes) gave `memory`.
void free_system_memory(void* memory, size_t bytes);

}  // namespace octet
