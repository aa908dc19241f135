// CRC-32 as zip files have it (ISO 3309), which journals use as well.
#pragma once

#include <cstdint>
#include <span>

#include "runtime/core/file_range.h"
#include "runtime/core/status.h"

namespace octet::app {

// The checksum of what `crc` stands for, followed by `bytes`; start with 0.
uint32_t crc32_of(std::span<const std::byte> bytes, uint32_t crc = 0);
// The checksum of two parts in a row, from theirs and the second's size.
uint32_t crc32_joined(uint32_t first, uint32_t second, uint64_t second_size);
// Of a part of a file. Error: kIoError.
Result<uint32_t> crc32_of(const FileRange& range);

}  // namespace octet::app
