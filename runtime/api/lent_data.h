// LentData: tensor data that the C API gives to its user, who frees it by its address alone.
#pragma once

#include <cstddef>
#include <memory>

#include "runtime/core/memory.h"

namespace octet {

struct FreeLentData {
  void operator()(std::byte* data) const;
};
// `size` bytes aligned to 64, zeroed; in front of them stands what keeps them.
using LentData = std::unique_ptr<std::byte, FreeLentData>;

// Throws OutOfMemory.
LentData lend_data(Memory& memory, size_t size);

}  // namespace octet
