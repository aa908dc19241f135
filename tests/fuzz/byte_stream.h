// Decisions taken from the bytes of a fuzzer: the same bytes, the same decisions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

namespace octet::fuzz {

// Gives zeros once the bytes are used up. Threading: none.
class ByteStream {
 public:
  explicit ByteStream(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  uint8_t byte() {
    if (bytes_.empty()) return 0;
    const uint8_t value = bytes_[0];
    bytes_ = bytes_.subspan(1);
    return value;
  }
  bool chance(int percent) { return byte() * 100 < percent * 256; }
  // In [low, high]; high - low below 256.
  int64_t in(int64_t low, int64_t high) { return low + byte() % (high - low + 1); }
  template <class T>
  T one_of(std::initializer_list<T> values) {
    return *(values.begin() + byte() % values.size());
  }

 private:
  std::span<const uint8_t> bytes_;
};

}  // namespace octet::fuzz
