// Varints and windowed copies.
#include "loaders/onnx/wire_reader.h"

#include <algorithm>

namespace octet {
namespace {
// Large enough that the structure of a model is a few reads, small enough that skipping a weight
// wastes little.
constexpr uint64_t kWindowBytes = 64 * 1024;
}  // namespace

Status WireReader::error(const std::string& text) const {
  return invalid_model("byte " + std::to_string(position_) + ": " + text +
                       "; the file is damaged or not an ONNX model");
}

Status WireReader::fill() {
  if (position_ >= window_begin_ && position_ - window_begin_ < window_.size()) return Status::ok();
  window_.resize(static_cast<size_t>(std::min(kWindowBytes, source_.size() - position_)));
  window_begin_ = position_;
  return source_.read(position_, window_);
}

Status WireReader::read_varint(uint64_t end, uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (position_ >= end) return error("a number is cut off");
    OCTET_RETURN_IF_ERROR(fill());
    const auto byte =
        std::to_integer<uint64_t>(window_[static_cast<size_t>(position_ - window_begin_)]);
    ++position_;
    if (shift < 64) value |= (byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return Status::ok();
  }
  return error("a number is longer than 10 bytes");
}

Status WireReader::copy(uint64_t size, std::string& out) {
  while (size > 0) {
    OCTET_RETURN_IF_ERROR(fill());
    const uint64_t begin = position_ - window_begin_;
    const uint64_t count = std::min(size, window_.size() - begin);
    out.append(reinterpret_cast<const char*>(window_.data()) + begin, static_cast<size_t>(count));
    position_ += count;
    size -= count;
  }
  return Status::ok();
}

void append_varint(uint64_t value, std::string& out) {
  for (; value > 0x7f; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

}  // namespace octet
