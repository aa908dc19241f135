// An index of a tensor of them, looked at before it is used.
#pragma once

#include "kernels/numerics/index.h"
#include "kernels/reference/numbers.h"

namespace octet::reference {

// Where in an axis of `extent` elements the index at `offset` points. Error: nowhere.
inline Result<int64_t> checked_index(const TensorView& indices, int64_t offset, int axis,
                                     int64_t extent) {
  const int64_t index = load_integer(indices, offset);
  const int64_t place = numerics::resolve_index(index, extent);
  if (place < 0) return numerics::index_error(index, axis, extent);
  return place;
}

}  // namespace octet::reference
