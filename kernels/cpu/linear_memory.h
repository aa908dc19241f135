// Memory for packed weights, on huge pages where the system gives them.
#pragma once

#include <cstddef>
#include <memory>

namespace octet::cpu {

// `bytes` bytes aligned to 64, zeroed. Blocks of one model mostly stand in common chunks of 2 MiB
// pages, because weights are read from end to end for every tile and most are smaller than a huge
// page: bert_base took 1 to 6 % less time so. A chunk is given back to the system with the last
// block in it. Threading: any thread. Throws std::bad_alloc.
std::shared_ptr<std::byte> allocate_weights(size_t bytes);

}  // namespace octet::cpu
