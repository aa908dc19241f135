// TensorData: bytes of a tensor that are made when they are written.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "loaders/onnx/byte_source.h"

namespace octet {

using ByteSink = std::function<Status(std::span<const std::byte>)>;

struct TensorData {
  uint64_t size = 0;
  // Gives `size` bytes to the sink, in pieces. Errors: its own, those of the sink, and what
  // check_stop() says.
  std::function<Status(const ByteSink&)> write = {};
};

// A range of a file or of memory. Precondition: it lies inside.
TensorData data_of_source(const ByteSource& source, uint64_t offset, uint64_t size);
// All of a contiguous tensor, which is kept.
TensorData data_of_tensor(const Tensor& tensor);

}  // namespace octet
