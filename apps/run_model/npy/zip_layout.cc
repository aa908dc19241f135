// Headers and directory of zip archives.
#include "apps/run_model/npy/zip_layout.h"

#include <algorithm>
#include <initializer_list>

namespace octet::app {
namespace {

constexpr uint64_t kIn64 = 0xffffffff;
constexpr uint64_t kVersion = 45;                 // the first with zip64
constexpr uint64_t kUtf8Names = 1 << 11;          // a flag
constexpr uint64_t kDate = 0x0021;                // 1980-01-01
constexpr size_t kLocalHeaderSize = 30 + 4 + 16;  // without the name

struct Field {
  size_t size;
  uint64_t value;
};

void put(std::string& text, std::initializer_list<Field> fields) {
  for (const Field& field : fields)
    for (size_t byte = 0; byte < field.size; ++byte)
      text += static_cast<char>(field.value >> (8 * byte) & 0xff);
}

}  // namespace

uint64_t zip_places(std::vector<ZipEntry>& entries) {
  uint64_t at = 0;
  for (ZipEntry& entry : entries) {
    entry.header_at = at;
    entry.data_at = at + kLocalHeaderSize + entry.name.size();
    at = entry.data_at + entry.size;
  }
  return at;
}

std::string zip_local_header(const ZipEntry& entry) {
  std::string text = "PK\x03\x04";
  put(text, {{2, kVersion},
             {2, kUtf8Names},
             {2, 0},  // stored
             {2, 0},
             {2, kDate},
             {4, entry.crc},
             {4, kIn64},
             {4, kIn64},
             {2, entry.name.size()},
             {2, 20}});
  text += entry.name;
  put(text, {{2, 1}, {2, 16}, {8, entry.size}, {8, entry.size}});
  return text;
}

std::string zip_directory(const std::vector<ZipEntry>& entries, uint64_t directory_at) {
  std::string text;
  for (const ZipEntry& entry : entries) {
    text += "PK\x01\x02";
    put(text, {{2, kVersion},
               {2, kVersion},
               {2, kUtf8Names},
               {2, 0},
               {2, 0},
               {2, kDate},
               {4, entry.crc},
               {4, kIn64},
               {4, kIn64},
               {2, entry.name.size()},
               {2, 28},
               {2, 0},
               {2, 0},
               {2, 0},
               {4, 0},
               {4, kIn64}});
    text += entry.name;
    put(text, {{2, 1}, {2, 24}, {8, entry.size}, {8, entry.size}, {8, entry.header_at}});
  }
  const uint64_t size = text.size(), count = entries.size();
  text += "PK\x06\x06";
  put(text, {{8, 44},
             {2, kVersion},
             {2, kVersion},
             {4, 0},
             {4, 0},
             {8, count},
             {8, count},
             {8, size},
             {8, directory_at}});
  text += "PK\x06\x07";
  put(text, {{4, 0}, {8, directory_at + size}, {4, 1}});
  text += "PK\x05\x06";
  put(text, {{2, 0},
             {2, 0},
             {2, std::min<uint64_t>(count, 0xffff)},
             {2, std::min<uint64_t>(count, 0xffff)},
             {4, std::min(size, kIn64)},
             {4, kIn64},
             {2, 0}});
  return text;
}

}  // namespace octet::app
