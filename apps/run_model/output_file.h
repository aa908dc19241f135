// OutputFile: a file that is written under a temporary name beside its own and renamed when it is
// complete.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "runtime/core/file_range.h"
#include "runtime/core/status.h"

namespace octet::app {

// Devices and pipes (/dev/null, /dev/stdout) are written directly, and in order only.
// Errors (kIoError) name the file and the system's reason.
class OutputFile {
 public:
  // Whether `path` is a device, pipe or socket.
  static bool is_special(const std::string& path);
  // The temporary name that a later process finds again.
  static std::string part_name(const std::string& path) { return path + ".part"; }

  // Makes the folder and an empty file; what has the temporary name is overwritten. Without
  // `keep_part` that name is this process's own, and the file is removed unless it is committed.
  static Result<OutputFile> create(const std::string& path, bool keep_part);
  // The kept part of an earlier process; with `complete` also the file itself, where it was renamed
  // already.
  static Result<OutputFile> reopen(const std::string& path, bool complete);

  OutputFile(OutputFile&& other) noexcept { *this = std::move(other); }
  OutputFile& operator=(OutputFile&& other) noexcept;
  ~OutputFile();

  const std::string& path() const { return path_; }
  bool is_special() const { return temporary_ == path_; }
  Status write(uint64_t offset, std::span<const std::byte> bytes);
  // The bytes written so far, for reading.
  Result<std::shared_ptr<File>> reader() const;
  // Cuts off what lies behind `size`; nothing to a special file.
  Status truncate(uint64_t size);
  // Returns when what was written would survive a power failure.
  Status sync();
  // Gives the file its own name.
  Status commit();
  void discard();  // removes the part

 private:
  OutputFile() = default;
  Status failed(int error) const;

  std::string path_, temporary_;  // temporary_: empty once there is nothing to rename
  int descriptor_ = -1;
  bool keep_part_ = false;
};

}  // namespace octet::app
