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

 private:
  std::vector<std::string> folders_;
  uint64_t used_bytes_;
  const Limits& limits_;
  std::map<std::string, std::shared_ptr<const File>> files_;
};

// The folder of `path` as it is written, then that of the file it links to, if that is another one.
std::vector<std::string> folders_of(const std::string& path);

}  // namespace octet
