// Reads the tokens of the protobuf wire format from a ByteSource through a small window.
#pragma once

#include <string>
#include <vector>

#include "loaders/onnx/byte_source.h"

namespace octet {

// Threading: none; one owner. Every error is kInvalidModel with the offset, or kIoError.
class WireReader {
 public:
  explicit WireReader(const ByteSource& source) : source_(source) {}

  uint64_t position() const { return position_; }
  // A varint that ends at `end` or before.
  Status read_varint(uint64_t end, uint64_t& value);
  // Appends the next `size` bytes to `out`. Precondition: they lie inside of the source.
  Status copy(uint64_t size, std::string& out);
  // Precondition: the bytes lie inside of the source.
  void skip(uint64_t size) { position_ += size; }
  Status error(const std::string& text) const;

 private:
  // Makes the window hold the byte at position_.
  Status fill();

  const ByteSource& source_;
  std::vector<std::byte> window_;
  uint64_t window_begin_ = 0;
  uint64_t position_ = 0;
};

void append_varint(uint64_t value, std::string& out);

}  // namespace octet
