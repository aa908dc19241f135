// Memory for packed weights.
#pragma once

#include <cstddef>
#include <memory>

namespace octet::cpu {

// `bytes` bytes aligned to 64, zeroed, freed with the last reference. Threading: any thread.
std::shared_ptr<std::byte> allocate_weights(size_t bytes);

}  // namespace octet::cpu
