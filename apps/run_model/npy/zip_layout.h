// The bytes around the members of a zip archive whose sizes are known beforehand, so that all of
// them can grow at once.
//
// Format: PKWARE's APPNOTE.TXT 6.3, stored members. All sizes stand in zip64 fields (as NumPy
// writes them), times are 1980-01-01: equal arrays give equal files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace octet::app {

inline constexpr size_t kLongestZipName = 0xffff;  // bytes

struct ZipEntry {
  std::string name;
  uint64_t size = 0;
  uint32_t crc = 0;
  uint64_t header_at = 0, data_at = 0;  // zip_places()
};

// Places the entries one behind the other, and returns where the directory goes.
uint64_t zip_places(std::vector<ZipEntry>& entries);
// What stands between header_at and data_at.
std::string zip_local_header(const ZipEntry& entry);
// What stands behind the last member, at `directory_at`.
std::string zip_directory(const std::vector<ZipEntry>& entries, uint64_t directory_at);

}  // namespace octet::app
