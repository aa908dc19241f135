// Memory that is kept from run to run.
#pragma once

#include <cstdint>
#include <memory>

#include "runtime/core/tensor.h"

namespace octet {

// Replaced when somebody needs more; what it holds is lost then.
struct KeptBuffer {
  std::shared_ptr<std::byte> memory;
  int64_t capacity = -1;

  void grow(int64_t bytes) {
    if (bytes <= capacity) return;
    memory.reset();  // before the new one is there: the peak stays one buffer
    capacity = -1;
    memory = allocate_buffer(static_cast<size_t>(bytes));
    capacity = bytes;
  }
  int64_t held() const { return capacity > 0 ? capacity : 0; }
};

inline int64_t byte_count(const TensorView& view) {
  return view.element_count() * static_cast<int64_t>(dtype_size(view.dtype));
}

}  // namespace octet
