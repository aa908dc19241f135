// Output files over open, pwrite and rename.
#include "apps/run_model/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

namespace octet::app {

bool OutputFile::is_special(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(temporary_, other.temporary_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(keep_part_, other.keep_part_);
  return *this;
}

OutputFile::~OutputFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  if (!keep_part_ && !is_special() && !temporary_.empty()) ::unlink(temporary_.c_str());
}

Status OutputFile::failed(int error) const {
  return io_error(path_ + ": cannot be written: " + std::strerror(error));
}

Result<OutputFile> OutputFile::create(const std::string& path, bool keep_part) {
  OutputFile file;
  file.path_ = path;
  file.keep_part_ = keep_part;
  const std::filesystem::path target(path);
  std::error_code error;
  if (std::filesystem::is_directory(target, error)) return file.failed(EISDIR);
  if (target.has_parent_path()) std::filesystem::create_directories(target.parent_path(), error);
  const bool special = is_special(path);
  file.temporary_ = special     ? path
                    : keep_part ? part_name(path)
                                : part_name(path) + std::to_string(::getpid());
  file.descriptor_ = ::open(file.temporary_.c_str(),
                            O_CLOEXEC | (special ? O_WRONLY : O_RDWR | O_CREAT | O_TRUNC), 0666);
  if (file.descriptor_ < 0) return file.failed(errno);
  return file;
}

Result<OutputFile> OutputFile::reopen(const std::string& path, bool complete) {
  OutputFile file;
  file.path_ = path;
  file.keep_part_ = true;
  file.temporary_ = part_name(path);
  file.descriptor_ = ::open(file.temporary_.c_str(), O_RDWR | O_CLOEXEC);
  if (file.descriptor_ < 0 && errno == ENOENT && complete) {
    file.temporary_.clear();
    file.descriptor_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  }
  if (file.descriptor_ < 0) return file.failed(errno);
  return file;
}

Status OutputFile::write(uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = is_special() ? ::write(descriptor_, bytes.data(), bytes.size())
                                         : ::pwrite(descriptor_, bytes.data(), bytes.size(),
                                                    static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return failed(written == 0 ? ENOSPC : errno);
    offset += static_cast<uint64_t>(written);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return Status::ok();
}

Result<std::shared_ptr<File>> OutputFile::reader() const {
  return File::open(temporary_.empty() ? path_ : temporary_);
}

Status OutputFile::truncate(uint64_t size) {
  if (is_special()) return Status::ok();
  return ::ftruncate(descriptor_, static_cast<off_t>(size)) == 0 ? Status::ok() : failed(errno);
}

Status OutputFile::sync() {
  if (is_special()) return Status::ok();
  return ::fdatasync(descriptor_) == 0 ? Status::ok() : failed(errno);
}

Status OutputFile::commit() {
  if (is_special() || temporary_.empty()) return Status::ok();
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) return failed(errno);
  temporary_.clear();
  return Status::ok();
}

void OutputFile::discard() {
  if (!is_special() && !temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
}

}  // namespace octet::app
