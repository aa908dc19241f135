// Weights in the layout of the kernel that owns them.
#pragma once

#include <span>
#include <string>

#include "runtime/core/tensor.h"

namespace octet {

class PackedWeights {
 public:
  virtual ~PackedWeights() = default;
  virtual std::string layout_name() const = 0;
  virtual std::span<const std::byte> packed_data() const = 0;
  // The plain codes again: [N, K], equal to those that were packed, bit for bit.
  virtual Tensor int_data() const = 0;
};

}  // namespace octet
