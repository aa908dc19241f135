// Indices as users give them: int32 or int64, negative from the end.
#pragma once

#include <string>

#include "runtime/core/dtype.h"
#include "runtime/core/status.h"

namespace octet::cpu {

// Element `i` of an array of indices.
inline int64_t load_index(const std::byte* data, DType dtype, int64_t i) {
  return dtype == DType::kI32 ? reinterpret_cast<const int32_t*>(data)[i]
                              : reinterpret_cast<const int64_t*>(data)[i];
}

// Where `index` points in an axis of `extent` elements; -1 for nowhere.
inline int64_t resolve_index(int64_t index, int64_t extent) {
  if (index < 0) index += extent;
  return index >= 0 && index < extent ? index : -1;
}

inline Status index_error(int64_t index, int axis, int64_t extent) {
  return invalid_argument("index " + std::to_string(index) + " is out of range for axis " +
                          std::to_string(axis) + " with extent " + std::to_string(extent) +
                          "; expected " + std::to_string(-extent) + " to " +
                          std::to_string(extent - 1));
}

}  // namespace octet::cpu
