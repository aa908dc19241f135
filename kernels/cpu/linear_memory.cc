// Memory for packed weights.
#include "kernels/cpu/linear_memory.h"

#include "runtime/core/tensor.h"

namespace octet::cpu {

std::shared_ptr<std::byte> allocate_weights(size_t bytes) { return allocate_buffer(bytes); }

}  // namespace octet::cpu
