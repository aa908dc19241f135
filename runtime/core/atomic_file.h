// AtomicFile: a file that nobody sees before it is whole.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/core/file_range.h"
#include "runtime/core/status.h"

namespace octet {

// Written under a temporary name in the folder of its own, then renamed. Errors (kIoError) name the
// file and the system's reason. Threading: one owner.
class AtomicFile {
 public:
  // `path`: what it shall replace or become; symbolic links are followed. Errors: also kNotFound
  // where the folder does not exist, kInvalidArgument where something other than a file is there.
  static Result<AtomicFile> create(const std::string& path);
  AtomicFile(AtomicFile&& other) noexcept { *this = std::move(other); }
  AtomicFile& operator=(AtomicFile&& other) noexcept;
  ~AtomicFile();  // removes what was not committed

  uint64_t position() const { return position_; }
  Status write(std::span<const std::byte> bytes);
  // Zeros up to the next multiple of `alignment`.
  Status align(uint64_t alignment);
  // Returns when what was written would survive a power failure.
  Status sync();
  // Gives it its name. Precondition: sync().
  Status commit();

 private:
  AtomicFile() = default;
  Status flush();
  Status failed(int error) const;

  std::string path_, target_, temporary_;  // target_: path_ with links followed
  int descriptor_ = -1;
  std::vector<std::byte> buffer_;
  uint64_t position_ = 0;
};

// Whether `path` names the file of this identity, by whatever path or hard link.
bool is_same_file(const std::string& path, const FileIdentity& identity);
// `path` with symbolic links followed, also one that leads to nothing yet.
std::string follow_links(const std::string& path);

}  // namespace octet
