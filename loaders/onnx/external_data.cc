// Confinement by text first, then by the real path.
#include "loaders/onnx/external_data.h"

#include <algorithm>
#include <cstdlib>

#include "loaders/onnx/names.h"

namespace octet {
namespace {

// The path without symbolic links, or "" when there is no such file.
std::string real_path(const std::string& path) {
  std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), std::free);
  return real ? real.get() : "";
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool stays_below(const std::string& location) {
  if (location.empty() || location.find('\0') != std::string::npos) return false;
  if (location[0] == '/' || location[0] == '\\') return false;
  for (size_t begin = 0; begin <= location.size();) {
    const size_t end = std::min(location.find_first_of("/\\", begin), location.size());
    if (location.compare(begin, end - begin, "..") == 0) return false;
    begin = end + 1;
  }
  return true;
}

bool is_inside(const std::string& real_file, const std::string& folder) {
  std::string real_folder = real_path(folder);
  if (real_folder.empty()) return false;
  if (real_folder.back() != '/') real_folder += '/';
  return real_file.starts_with(real_folder);
}

}  // namespace

Result<std::shared_ptr<const File>> ExternalData::open(const std::string& location) {
  if (auto found = files_.find(location); found != files_.end()) return found->second.file;
  const std::string where = "external data " + quoted(location);
  if (folders_.empty())
    return invalid_model(where + " is refused: the model was loaded without a folder for it");
  if (!stays_below(location))
    return invalid_model(where +
                         " is refused: it must be a relative path inside of the model's folder");
  const std::string path = folders_[0] + "/" + location;
  const std::string real = real_path(path);
  if (real.empty()) return not_found(where + " does not exist; put it beside the model");
  bool inside = false;
  for (const std::string& folder : folders_) inside |= is_inside(real, folder);
  if (!inside)
    return invalid_model(where + " is refused: a symbolic link leads out of the model's folder");
  OCTET_ASSIGN_OR_RETURN(std::shared_ptr<const File> file, File::open(real));
  OpenFile opened{file};
  OCTET_RETURN_IF_ERROR(count(location, file->size(), opened));
  files_[location] = std::move(opened);
  return file;
}

Status ExternalData::count_tensor(const std::string& location, uint64_t bytes) {
  OpenFile& open = files_.at(location);
  if (__builtin_add_overflow(open.tensor_bytes, bytes, &open.tensor_bytes))
    open.tensor_bytes = UINT64_MAX;
  return count(location, open.tensor_bytes, open);
}

Status ExternalData::count(const std::string& location, uint64_t bytes, OpenFile& open) {
  if (bytes <= open.counted) return Status::ok();
  const uint64_t more = bytes - open.counted;
  if (more > limits_.max_model_bytes || used_bytes_ > limits_.max_model_bytes - more)
    return resource_exhausted("external data " + quoted(location) + ": the model has more than " +
                              std::to_string(limits_.max_model_bytes) +
                              " bytes with it, each of its tensors counted; raise max_model_bytes");
  used_bytes_ += more;
  open.counted = bytes;
  return Status::ok();
}

std::map<std::string, FileIdentity> ExternalData::identities() const {
  std::map<std::string, FileIdentity> identities;
  for (const auto& [location, open] : files_) identities[location] = open.file->identity();
  return identities;
}

std::vector<std::string> folders_of(const std::string& path) {
  std::vector<std::string> folders = {folder_of(path)};
  const std::string real = real_path(path);
  if (!real.empty() && folder_of(real) != real_path(folders[0])) folders.push_back(folder_of(real));
  return folders;
}

}  // namespace octet
