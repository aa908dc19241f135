// OutputFile: a file that is written under a temporary name beside its own and renamed when it is
// complete. While it is open no other run_model writes it, by whatever path or option.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "runtime/core/file_range.h"
#include "runtime/core/status.h"

namespace octet::app {

// Devices and pipes (/dev/null, /dev/stdout) are written directly, in order only, and by anybody.
// Errors (kIoError) name the file and the system's reason.
class OutputFile {
 public:
  // Makes the folder, and locks the file by its temporary name. What lies there stays as it is
  // until start(). Error: kInvalidArgument where another run_model writes the file, or has kept a
  // part of it (check_owner).
  static Result<OutputFile> claim(const std::string& path, const std::string& own_journal);
  // The kept part of an earlier process; with `complete` also the file itself, where it was renamed
  // already. Errors: kInvalidArgument when it is gone or another process writes it.
  static Result<OutputFile> reopen(const std::string& path, bool complete);

  OutputFile(OutputFile&& other) noexcept { *this = std::move(other); }
  OutputFile& operator=(OutputFile&& other) noexcept;
  ~OutputFile();

  const std::string& path() const { return path_; }
  const std::string& real() const { return real_; }  // real_path() of it
  // The temporary name, for messages.
  std::string part() const;
  bool is_special() const { return temporary_ == path_; }
  // Empties the part. `keep`: it stays where the process ends before commit().
  Status start(bool keep);
  Status write(uint64_t offset, std::span<const std::byte> bytes);
  // The bytes written so far, for reading.
  Result<std::shared_ptr<File>> reader() const;
  // Cuts off what lies behind `size`; nothing to a special file.
  Status truncate(uint64_t size);
  // Returns when what was written would survive a power failure.
  Status sync();
  // Error: the file is no longer where it was made, so that whoever looks for it will not find it.
  Status check_in_place() const;
  // Gives the file its own name.
  Status commit();
  void discard();  // removes the part, but not what an earlier process left of it

 private:
  OutputFile() = default;
  Status failed(int error) const;
  Status open_part(const std::string& own_journal);

  std::string path_, real_, temporary_;  // temporary_: empty once there is nothing to rename
  int descriptor_ = -1;
  bool own_part_ = false;  // this process made the part, or emptied it
  bool keep_part_ = false;
};

}  // namespace octet::app
