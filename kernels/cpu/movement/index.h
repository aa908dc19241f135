// Indices in memory: int32 or int64.
#pragma once

#include "kernels/numerics/index.h"
#include "runtime/core/dtype.h"

namespace octet::cpu {

using numerics::index_error;
using numerics::resolve_index;

// Element `i` of an array of indices.
inline int64_t load_index(const std::byte* data, DType dtype, int64_t i) {
  return dtype == DType::kI32 ? reinterpret_cast<const int32_t*>(data)[i]
                              : reinterpret_cast<const int64_t*>(data)[i];
}

}  // namespace octet::cpu
