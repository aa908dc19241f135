// Temporary names, write, fsync and rename.
#include "runtime/core/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

namespace octet {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 20;

std::filesystem::path folder_of(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder;
}

// After a rename the folder, too, has to reach the disk. Some file systems cannot sync a folder,
// which says nothing about the file.
void sync_folder(const std::string& path) {
  const int descriptor = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

std::string follow_links(const std::string& path) {
  constexpr int kMostLinks = 40;  // as many as Linux follows
  std::filesystem::path at = path;
  std::error_code error;
  for (int i = 0; i < kMostLinks && std::filesystem::is_symlink(at, error); ++i) {
    const std::filesystem::path to = std::filesystem::read_symlink(at, error);
    if (error) break;
    at = to.is_absolute() ? to : at.parent_path() / to;
  }
  return at.string();
}

bool is_same_file(const std::string& path, const FileIdentity& identity) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 &&
         static_cast<uint64_t>(info.st_dev) == identity.device &&
         static_cast<uint64_t>(info.st_ino) == identity.inode;
}

Status AtomicFile::failed(int error) const {
  const char* advice = error == ENOSPC || error == EDQUOT  ? "; free some space, or save elsewhere"
                       : error == EACCES || error == EROFS ? "; save to a folder that is writable"
                                                           : "";
  return io_error(path_ + ": cannot be written: " + std::strerror(error) + advice);
}

Result<AtomicFile> AtomicFile::create(const std::string& path) {
  AtomicFile file;
  file.path_ = path;
  if (path.empty()) return invalid_argument("the path to write to is empty");
  file.target_ = follow_links(path);
  std::error_code error;
  const auto there = std::filesystem::status(file.target_, error);
  if (std::filesystem::exists(there) && !std::filesystem::is_regular_file(there))
    return invalid_argument(
        path + ": is " + (std::filesystem::is_directory(there) ? "a folder" : "no regular file") +
        ", expected the name of a file to write");
  const std::filesystem::path folder = folder_of(file.target_);
  if (!std::filesystem::is_directory(folder, error))
    return not_found(path + ": the folder " + folder.string() + " does not exist; make it first");
  static std::atomic<uint64_t> count{0};
  do {
    file.temporary_ = file.target_ + ".part-" + std::to_string(::getpid()) + "-" +
                      std::to_string(count.fetch_add(1, std::memory_order_relaxed));
    file.descriptor_ =
        ::open(file.temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  } while (file.descriptor_ < 0 && errno == EEXIST);
  if (file.descriptor_ < 0) return file.failed(errno);
  file.buffer_.reserve(kBufferBytes);
  return file;
}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(target_, other.target_);
  std::swap(temporary_, other.temporary_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(buffer_, other.buffer_);
  std::swap(position_, other.position_);
  return *this;
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Status AtomicFile::flush() {
  std::span<const std::byte> left = buffer_;
  while (!left.empty()) {
    const ssize_t written = ::write(descriptor_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return failed(written == 0 ? ENOSPC : errno);
    left = left.subspan(static_cast<size_t>(written));
  }
  buffer_.clear();
  return Status::ok();
}

Status AtomicFile::write(std::span<const std::byte> bytes) {
  position_ += bytes.size();
  while (!bytes.empty()) {
    const size_t count = std::min(kBufferBytes - buffer_.size(), bytes.size());
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(count));
    bytes = bytes.subspan(count);
    if (buffer_.size() == kBufferBytes) OCTET_RETURN_IF_ERROR(flush());
  }
  return Status::ok();
}

Status AtomicFile::align(uint64_t alignment) {
  const std::vector<std::byte> zeros(
      static_cast<size_t>((alignment - position_ % alignment) % alignment));
  return write(zeros);
}

Status AtomicFile::sync() {
  OCTET_RETURN_IF_ERROR(flush());
  return ::fsync(descriptor_) == 0 ? Status::ok() : failed(errno);
}

Status AtomicFile::commit() {
  assert(buffer_.empty());
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) return failed(errno);
  temporary_.clear();
  sync_folder(target_);
  return Status::ok();
}

}  // namespace octet
