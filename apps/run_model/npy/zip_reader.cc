// Reading of zip archives from their central directory.
#include "apps/run_model/npy/zip_reader.h"

#include <algorithm>
#include <cstring>

#include "apps/run_model/npy/checksum.h"
#include "apps/run_model/npy/inflate.h"

namespace octet::app {
namespace {

constexpr uint32_t kEndSignature = 0x06054b50, kEnd64Signature = 0x06064b50,
                   kLocator64Signature = 0x07064b50, kEntrySignature = 0x02014b50,
                   kLocalSignature = 0x04034b50;
constexpr size_t kEndSize = 22, kLocator64Size = 20, kEnd64Size = 56, kEntrySize = 46,
                 kLocalSize = 30;
constexpr uint64_t kIn64 = 0xffffffff;  // a 32-bit field whose value stands in the zip64 extra
constexpr uint64_t kLargestDirectory = uint64_t{1} << 28;
constexpr uint16_t kUnsupported = 0xffff;  // a method that no archive has

uint64_t number(std::span<const std::byte> bytes, size_t at, size_t size) {
  uint64_t value = 0;
  std::memcpy(&value, bytes.data() + at, size);
  return value;
}

Status damaged(const std::string& path, const std::string& what) {
  return invalid_argument(path + ": " + what +
                          "; expected an archive of arrays as numpy.savez writes it");
}

struct Directory {
  uint64_t at = 0, size = 0;
};

Result<Directory> find_directory(const File& file) {
  const std::string& path = file.path();
  if (file.size() < kEndSize) return damaged(path, "is too short for a .npz file");
  // The end record, which a comment of up to 64 KB may follow.
  std::vector<std::byte> tail(std::min<uint64_t>(file.size(), kEndSize + 0xffff));
  const uint64_t tail_at = file.size() - tail.size();
  OCTET_RETURN_IF_ERROR(file.read(tail_at, tail));
  size_t end = tail.size() - kEndSize;
  while (number(tail, end, 4) != kEndSignature)
    if (end-- == 0) return damaged(path, "is not a .npz file, or its end is missing");
  Directory directory{number(tail, end + 16, 4), number(tail, end + 12, 4)};

  const uint64_t end_at = tail_at + end;
  std::byte locator[kLocator64Size], end64[kEnd64Size];
  if (end_at < kLocator64Size) return directory;
  OCTET_RETURN_IF_ERROR(file.read(end_at - kLocator64Size, locator));
  if (number(locator, 0, 4) != kLocator64Signature) return directory;
  const uint64_t end64_at = number(locator, 8, 8);
  if (end64_at > file.size() - kEnd64Size) return damaged(path, "its end is damaged");
  OCTET_RETURN_IF_ERROR(file.read(end64_at, end64));
  if (number(end64, 0, 4) != kEnd64Signature) return damaged(path, "its end is damaged");
  return Directory{number(end64, 48, 8), number(end64, 40, 8)};
}

// Replaces what stands in the zip64 extra field; whether the entry is sound.
bool read_zip64(std::span<const std::byte> extra, ZipMember& member) {
  while (extra.size() >= 4) {
    const size_t id = number(extra, 0, 2), size = number(extra, 2, 2);
    extra = extra.subspan(4);
    if (size > extra.size()) return false;
    std::span<const std::byte> field = extra.first(size);
    extra = extra.subspan(size);
    if (id != 1) continue;
    for (uint64_t* value : {&member.size, &member.compressed_size, &member.header_at}) {
      if (*value != kIn64) continue;
      if (field.size() < 8) return false;
      *value = number(field, 0, 8);
      field = field.subspan(8);
    }
  }
  return member.size != kIn64 && member.compressed_size != kIn64;
}

}  // namespace

Result<ZipReader> ZipReader::open(const std::string& path) {
  ZipReader reader;
  OCTET_ASSIGN_OR_RETURN(reader.file_, File::open(path));
  OCTET_ASSIGN_OR_RETURN(const Directory directory, find_directory(*reader.file_));
  if (directory.size > kLargestDirectory || directory.at > reader.file_->size() ||
      directory.size > reader.file_->size() - directory.at)
    return damaged(path, "its directory is damaged");
  std::vector<std::byte> bytes(directory.size);
  OCTET_RETURN_IF_ERROR(reader.file_->read(directory.at, bytes));

  for (std::span<const std::byte> rest = bytes; !rest.empty();) {
    if (rest.size() < kEntrySize || number(rest, 0, 4) != kEntrySignature)
      return damaged(path, "its directory is damaged");
    const size_t name_size = number(rest, 28, 2), extra_size = number(rest, 30, 2);
    const size_t entry_size = kEntrySize + name_size + extra_size + number(rest, 32, 2);
    if (entry_size > rest.size()) return damaged(path, "its directory is damaged");
    ZipMember member;
    member.name.assign(reinterpret_cast<const char*>(rest.data()) + kEntrySize, name_size);
    const bool encrypted = (number(rest, 8, 2) & 1) != 0;
    const uint64_t method = encrypted ? kUnsupported : number(rest, 10, 2);
    member.crc = static_cast<uint32_t>(number(rest, 16, 4));
    member.compressed_size = number(rest, 20, 4);
    member.size = number(rest, 24, 4);
    member.header_at = number(rest, 42, 4);
    if (!read_zip64(rest.subspan(kEntrySize + name_size, extra_size), member))
      return damaged(path, "the directory's entry of " + member.name + " is damaged");
    if (method != 0 && method != 8)
      return damaged(path, member.name + " is encrypted or compressed in an unusual way");
    member.deflated = method == 8;
    reader.members_.push_back(std::move(member));
    rest = rest.subspan(entry_size);
  }
  return reader;
}

const ZipMember* ZipReader::find(const std::string& name) const {
  for (const ZipMember& member : members_)
    if (member.name == name) return &member;
  return nullptr;
}

Result<FileRange> ZipReader::range_of(const ZipMember& member) const {
  const std::string where = file_->path() + " (" + member.name + ")";
  std::byte header[kLocalSize];
  if (member.header_at > file_->size() || file_->size() - member.header_at < kLocalSize)
    return damaged(where, "lies outside of the file");
  OCTET_RETURN_IF_ERROR(file_->read(member.header_at, header));
  if (number(header, 0, 4) != kLocalSignature) return damaged(where, "has no header");
  const uint64_t at = member.header_at + kLocalSize + number(header, 26, 2) + number(header, 28, 2);
  if (at > file_->size() || member.compressed_size > file_->size() - at)
    return damaged(where, "lies outside of the file");

  FileRange range{file_, at, member.compressed_size};
  if (member.deflated) {
    OCTET_ASSIGN_OR_RETURN(range, inflate_to_file(range, member.size, where));
  } else if (member.size != member.compressed_size) {
    return damaged(where, "is stored but has two sizes");
  }
  OCTET_ASSIGN_OR_RETURN(const uint32_t crc, crc32_of(range));
  if (crc != member.crc) return damaged(where, "is damaged: its checksum does not match");
  return range;
}

}  // namespace octet::app
