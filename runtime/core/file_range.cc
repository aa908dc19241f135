// Files over open, fstat and pread.
#include "runtime/core/file_range.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "runtime/core/run_control.h"

namespace octet {
namespace {

constexpr size_t kMostAtOnce = size_t{4} << 20;  // between two looks whether to go on

}  // namespace

Result<std::shared_ptr<File>> File::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    const std::string text = path + ": cannot be opened: " + std::strerror(errno);
    return errno == ENOENT ? not_found(text) : io_error(text);
  }
  struct stat info {};
  if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(descriptor);
    return io_error(path + ": is not a regular file");
  }
  const FileIdentity identity{
      static_cast<uint64_t>(info.st_dev), static_cast<uint64_t>(info.st_ino),
      static_cast<uint64_t>(info.st_size), static_cast<int64_t>(info.st_mtim.tv_sec),
      static_cast<int64_t>(info.st_mtim.tv_nsec)};
  return std::shared_ptr<File>(new File(path, descriptor, identity));
}

File::File(std::string path, int descriptor, const FileIdentity& identity)
    : path_(std::move(path)), descriptor_(descriptor), identity_(identity) {}

File::~File() { ::close(descriptor_); }

Status File::read(uint64_t offset, std::span<std::byte> destination) const {
  size_t done = 0;
  while (done < destination.size()) {
    OCTET_RETURN_IF_ERROR(check_stop());
    const ssize_t got = ::pread(descriptor_, destination.data() + done,
                                std::min(destination.size() - done, kMostAtOnce),
                                static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error(path_ + ": read failed: " + std::strerror(errno));
    if (got == 0)
      return io_error(path_ + ": ends at byte " + std::to_string(offset + done) + ", but " +
                      std::to_string(offset + destination.size()) +
                      " were there when it was opened; do not change model files in use");
    done += static_cast<size_t>(got);
  }
  return Status::ok();
}

}  // namespace octet
