// ModelSource: what is remembered of the bytes that a model was loaded from, so that whoever reads
// them again knows that they are the same.
#pragma once

#include <map>
#include <span>
#include <string>

#include "runtime/core/file_range.h"

namespace octet {

// A value type.
struct ModelSource {
  std::string path;  // absolute; "": the model came from memory
  FileIdentity file;
  std::map<std::string, FileIdentity> external;  // files of external data, by their location
  uint64_t size = 0, digest = 0;                 // of memory
};

// Whether it is the same file with, as far as the system tells, the same bytes.
bool is_unchanged(const FileIdentity& before, const FileIdentity& now);
// A number that tells other bytes from these: as good as 64 bits are against mistakes, of no use
// against somebody who looks for bytes of the same digest. At the speed of memory.
uint64_t digest_of(std::span<const std::byte> bytes);

}  // namespace octet
