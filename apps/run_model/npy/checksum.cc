// CRC-32 over zlib.
#include "apps/run_model/npy/checksum.h"

#include <zlib.h>

#include <algorithm>
#include <vector>

namespace octet::app {

uint32_t crc32_of(std::span<const std::byte> bytes, uint32_t crc) {
  const auto* data = reinterpret_cast<const Bytef*>(bytes.data());
  return static_cast<uint32_t>(::crc32_z(crc, data, bytes.size()));
}

uint32_t crc32_joined(uint32_t first, uint32_t second, uint64_t second_size) {
  return static_cast<uint32_t>(::crc32_combine(first, second, static_cast<z_off_t>(second_size)));
}

Result<uint32_t> crc32_of(const FileRange& range) {
  constexpr uint64_t kPart = 1 << 20;
  std::vector<std::byte> part(std::min(range.size, kPart));
  uint32_t crc = 0;
  for (uint64_t at = 0; at < range.size; at += kPart) {
    const std::span bytes = std::span(part).first(std::min(kPart, range.size - at));
    OCTET_RETURN_IF_ERROR(range.file->read(range.offset + at, bytes));
    crc = crc32_of(bytes, crc);
  }
  return crc;
}

}  // namespace octet::app
