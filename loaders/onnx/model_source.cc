// Comparison of files, and the digest.
#include "loaders/onnx/model_source.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace octet {

bool is_unchanged(const FileIdentity& before, const FileIdentity& now) {
  return before.device == now.device && before.inode == now.inode && before.size == now.size &&
         before.modified_seconds == now.modified_seconds &&
         before.modified_nanoseconds == now.modified_nanoseconds;
}

// Four sums that go on by themselves, so that no step waits for the one before; the multipliers are
// odd numbers of 64 bits without a pattern, the fractions of sqrt(2) and sqrt(3).
uint64_t digest_of(std::span<const std::byte> bytes) {
  constexpr uint64_t kFirst = 0x6a09e667f3bcc909, kSecond = 0xbb67ae8584caa73b;
  constexpr size_t kLanes = 4, kBlock = kLanes * sizeof(uint64_t);
  uint64_t lanes[kLanes] = {1, 2, 3, 4};
  const auto take = [&](const std::byte* block) {
    for (size_t i = 0; i < kLanes; ++i) {
      uint64_t word;
      std::memcpy(&word, block + i * sizeof(word), sizeof(word));
      lanes[i] = std::rotl((lanes[i] ^ word) * kFirst, 29);
    }
  };
  size_t at = 0;
  for (; at + kBlock <= bytes.size(); at += kBlock) take(bytes.data() + at);
  std::byte last[kBlock] = {};
  std::copy(bytes.begin() + static_cast<ptrdiff_t>(at), bytes.end(), last);
  take(last);
  uint64_t digest = bytes.size();
  for (const uint64_t lane : lanes) digest = std::rotl((digest ^ lane) * kSecond, 31);
  return digest;
}

}  // namespace octet
