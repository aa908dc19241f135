// Indices as users give them: negative ones count from the end.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/core/status.h"

namespace octet::numerics {

// Where `index` points in an axis of `extent` elements; -1 for nowhere.
inline int64_t resolve_index(int64_t index, int64_t extent) {
  if (index < 0) index += extent;
  return index >= 0 && index < extent ? index : -1;
}

// kInvalidArgument, for an index that points nowhere.
inline Status index_error(int64_t index, int axis, int64_t extent) {
  std::string text = "index " + std::to_string(index) + " is out of range for axis " +
                     std::to_string(axis) + " with extent " + std::to_string(extent);
  if (extent > 0)
    text += "; expected " + std::to_string(-extent) + " to " + std::to_string(extent - 1);
  return invalid_argument(std::move(text));
}

}  // namespace octet::numerics
