// Files of external tensor data, confined to the model's folder.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/core/file_range.h"
#include "runtime/core/limits.h"

namespace octet {

// Opens each file once. Threading: none; one owner.
class ExternalData {
 public:
  // `folders` are where files may lie; none: every location is refused. `used_bytes` count towards
  // max_model_bytes.
  ExternalData(std::vector<std::string> folders, uint64_t used_bytes, const Limits& limits)
      : folders_(std::move(folders)), used_bytes_(used_bytes), limits_(limits) {}

  // The file at `location`, a relative path with '/' and without "..", below the first folder;
  // symbolic links must not lead out of all folders. Errors: kInvalidModel, kNotFound, kIoError,
  // kResourceExhausted.
  Result<std::shared_ptr<const File>> open(const std::string& location);
  // Counts a tensor of `bytes` of an open file: all tensors of a file count where they are more
  // than the file, since each may be held by itself. Error: kResourceExhausted.
  Status count_tensor(const std::string& location, uint64_t bytes);
  // Of the files that were opened, by location.
  std::map<std::string, FileIdentity> identities() const;

 private:
  struct OpenFile {
    std::shared_ptr<const File> file;
    uint64_t tensor_bytes = 0;
    uint64_t counted = 0;  // of used_bytes_
  };
  // Counts `bytes` for the file instead of what it counted so far, unless that was more.
  Status count(const std::string& location, uint64_t bytes, OpenFile& open);
  std::vector<std::string> folders_;
  uint64_t used_bytes_;
  const Limits& limits_;
  std::map<std::string, OpenFile> files_;
};

// The folder of `path` as it is written, then that of the file it links to, if that is another one.
std::vector<std::string> folders_of(const std::string& path);

}  // namespace octet
