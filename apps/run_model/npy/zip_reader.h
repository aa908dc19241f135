// ZipReader: the members of a zip archive, as numpy.savez writes them (.npz).
//
// Format: PKWARE's APPNOTE.TXT 6.3; stored and deflated members, zip64 sizes; no encryption, no
// archives in several files.
#pragma once

#include <string>
#include <vector>

#include "runtime/core/file_range.h"

namespace octet::app {

struct ZipMember {
  std::string name;
  bool deflated = false;
  uint32_t crc = 0;
  uint64_t compressed_size = 0, size = 0;
  uint64_t header_at = 0;
};

class ZipReader {
 public:
  // Errors: kNotFound, kIoError; kInvalidArgument for what is no zip archive or a damaged one.
  static Result<ZipReader> open(const std::string& path);

  const std::vector<ZipMember>& members() const { return members_; }
  // Null where there is none of that name.
  const ZipMember* find(const std::string& name) const;
  // A member's bytes, after reading all of them once for their checksum: in place where it is
  // stored, else decompressed to a temporary file. Errors: kInvalidArgument when it is damaged,
  // encrypted or compressed in another way; inflate_to_file's.
  Result<FileRange> range_of(const ZipMember& member) const;

 private:
  std::shared_ptr<const File> file_;
  std::vector<ZipMember> members_;
};

}  // namespace octet::app
