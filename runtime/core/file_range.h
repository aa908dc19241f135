// Bytes of a file, read with pread when somebody asks for them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "runtime/core/status.h"

namespace octet {

// What the system knows a file by, as of its opening.
struct FileIdentity {
  uint64_t device = 0, inode = 0, size = 0;
  int64_t modified_seconds = 0, modified_nanoseconds = 0;
};

// An open, read-only file. Threading: read() may be called from any thread.
class File {
 public:
  // Errors: kNotFound, kIoError.
  static Result<std::shared_ptr<File>> open(const std::string& path);
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  const std::string& path() const { return path_; }
  uint64_t size() const { return identity_.size; }  // at the time of opening
  // The same bytes for every File that was opened on the same unchanged file, whatever its path.
  const FileIdentity& identity() const { return identity_; }
  // Fills `destination` from `offset`. Error: kIoError when the file ends before (it may have
  // shrunk); kCancelled or kDeadlineExceeded as check_stop() says every few megabytes.
  Status read(uint64_t offset, std::span<std::byte> destination) const;

 private:
  File(std::string path, int descriptor, const FileIdentity& identity);
  std::string path_;
  int descriptor_;
  FileIdentity identity_;
};

// `size` bytes of `file` from `offset`; checked against the file's size where it is made.
struct FileRange {
  std::shared_ptr<const File> file;
  uint64_t offset = 0;
  uint64_t size = 0;
};

}  // namespace octet
