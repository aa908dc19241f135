// Output files over open, pwrite and rename.
#include "apps/run_model/output/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "apps/run_model/output/file_lock.h"
#include "apps/run_model/output/output_owner.h"
#include "apps/run_model/output/output_path.h"

namespace octet::app {

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(real_, other.real_);
  std::swap(temporary_, other.temporary_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(own_part_, other.own_part_);
  std::swap(keep_part_, other.keep_part_);
  return *this;
}

OutputFile::~OutputFile() {
  if (descriptor_ < 0) return;
  if (!keep_part_) discard();
  ::close(descriptor_);
}

Status OutputFile::failed(int error) const {
  return io_error(path_ + ": cannot be written: " + std::strerror(error));
}

std::string OutputFile::part() const {
  std::error_code error;
  return part_path(std::filesystem::is_symlink(path_, error) ? real_ : path_);
}

// A part that another process renames or removes between open() and the lock is no longer one.
Status OutputFile::open_part(const std::string& own_journal) {
  constexpr int kFlags = O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
  for (;;) {
    descriptor_ = ::open(temporary_.c_str(), kFlags | O_CREAT | O_EXCL, 0666);
    const bool made = descriptor_ >= 0;
    if (!made && errno == EEXIST) {
      descriptor_ = ::open(temporary_.c_str(), kFlags);
      if (descriptor_ < 0 && errno == ENOENT) continue;
    }
    if (descriptor_ < 0) return failed(errno);
    const FileLock lock = lock_file(descriptor_, temporary_);
    if (lock == FileLock::kOurs) {
      own_part_ = made;
      return check_owner(real_, own_journal, !made);
    }
    ::close(std::exchange(descriptor_, -1));
    if (lock == FileLock::kTaken)
      return invalid_argument(path_ + ": another run_model is writing it; wait for it");
  }
}

Result<OutputFile> OutputFile::claim(const std::string& path, const std::string& own_journal) {
  OutputFile file;
  file.path_ = path;
  file.real_ = real_path(path);
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return file.failed(EISDIR);
  if (is_special_file(path)) {
    file.temporary_ = path;
    file.descriptor_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (file.descriptor_ < 0) return file.failed(errno);
    return file;
  }
  file.temporary_ = part_path(file.real_);
  std::filesystem::create_directories(std::filesystem::path(file.real_).parent_path(), error);
  OCTET_RETURN_IF_ERROR(file.open_part(own_journal));
  return file;
}

Result<OutputFile> OutputFile::reopen(const std::string& path, bool complete) {
  OutputFile file;
  file.path_ = path;
  file.real_ = real_path(path);
  file.keep_part_ = true;
  file.temporary_ = part_path(file.real_);
  file.descriptor_ = ::open(file.temporary_.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  if (file.descriptor_ < 0 && errno == ENOENT && complete) {
    file.temporary_.clear();
    file.descriptor_ = ::open(file.real_.c_str(), O_RDWR | O_CLOEXEC);
  }
  if (file.descriptor_ < 0 && errno == ENOENT)
    return invalid_argument(file.part() +
                            ": is gone, which an interrupted run left; put it back, or remove "
                            "the journal to start over");
  if (file.descriptor_ < 0) return file.failed(errno);
  const std::string& name = file.temporary_.empty() ? file.real_ : file.temporary_;
  if (lock_file(file.descriptor_, name) != FileLock::kOurs)
    return invalid_argument(path + ": another run_model is writing it; wait for it");
  return file;
}

Status OutputFile::start(bool keep) {
  OCTET_RETURN_IF_ERROR(truncate(0));
  own_part_ = true;
  keep_part_ = keep;
  return Status::ok();
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
  OCTET_RETURN_IF_ERROR(check_in_place());
  return ::fdatasync(descriptor_) == 0 ? Status::ok() : failed(errno);
}

Status OutputFile::check_in_place() const {
  if (is_special() || is_at(descriptor_, temporary_.empty() ? real_ : temporary_))
    return Status::ok();
  return io_error((temporary_.empty() ? path_ : part()) +
                  ": was removed or moved while the run went on");
}

Status OutputFile::commit() {
  if (is_special() || temporary_.empty()) return Status::ok();
  OCTET_RETURN_IF_ERROR(check_in_place());
  if (std::rename(temporary_.c_str(), real_.c_str()) != 0) return failed(errno);
  temporary_.clear();
  return Status::ok();
}

void OutputFile::discard() {
  if (is_special() || temporary_.empty()) return;
  if (own_part_ && is_at(descriptor_, temporary_)) ::unlink(temporary_.c_str());
  temporary_.clear();
}

}  // namespace octet::app
