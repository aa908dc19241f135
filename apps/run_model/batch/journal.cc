// The journal's file.
#include "apps/run_model/batch/journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "apps/run_model/output/file_lock.h"
#include "apps/run_model/output/output_path.h"

namespace octet::app {
namespace {

constexpr off_t kLargestFile = 1 << 24;

Status failed(const std::string& path) {
  return io_error(path + ": cannot be written: " + std::strerror(errno));
}

Status unreadable(const std::string& path, const std::string& why) {
  return invalid_argument(path + ": " + why +
                          ", so nothing says which rows of the outputs are done; remove it to "
                          "start over, which overwrites what was kept of them (*.part)");
}

Status write_at(int descriptor, const std::string& path, size_t at, const std::string& text) {
  const ssize_t written = ::pwrite(descriptor, text.data(), text.size(), static_cast<off_t>(at));
  if (written == static_cast<ssize_t>(text.size())) return Status::ok();
  if (written >= 0) errno = ENOSPC;
  return failed(path);
}

}  // namespace

Status running_elsewhere(const std::string& path) {
  return invalid_argument(path + ": another run_model is writing these outputs; wait for it");
}

Result<JournalText> read_journal(int descriptor, const std::string& path) {
  struct stat info {};
  if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > kLargestFile)
    return unreadable(path, "is no journal");
  std::string text(static_cast<size_t>(info.st_size), '\0');
  const ssize_t got = ::pread(descriptor, text.data(), text.size(), 0);
  if (got < 0) return io_error(path + ": cannot be read: " + std::strerror(errno));
  text.resize(static_cast<size_t>(got));
  auto parsed = parse_journal(text);
  if (!parsed.is_ok()) return unreadable(path, parsed.status().message());
  return parsed;
}

Journal& Journal::operator=(Journal&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(text_, other.text_);
  std::swap(targets_, other.targets_);
  return *this;
}

Journal::~Journal() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status Journal::fill(const std::string& text) {
  (void)lock_file(descriptor_, path_);  // nobody else's so far
  OCTET_RETURN_IF_ERROR(write_at(descriptor_, path_, 0, text));
  return ::fdatasync(descriptor_) == 0 ? Status::ok() : failed(path_);
}

// Written without a name, which it gets when it is whole and locked.
Status Journal::write_new(const std::string& text) {
  const std::filesystem::path folder = std::filesystem::path(path_).parent_path();
  descriptor_ = ::open(folder.empty() ? "." : folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
  if (descriptor_ >= 0) {
    OCTET_RETURN_IF_ERROR(fill(text));
    const std::string self = "/proc/self/fd/" + std::to_string(descriptor_);
    if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, path_.c_str(), AT_SYMLINK_FOLLOW) == 0)
      return Status::ok();
    if (errno == EEXIST) return not_found(path_);
    ::close(descriptor_);
  }
  // The file system has no nameless files.
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor_ < 0) return errno == EEXIST ? not_found(path_) : failed(path_);
  const Status status = fill(text);
  if (!status.is_ok()) remove();
  return status;
}

Result<Journal> Journal::create(const std::string& path, JournalHeader header,
                                const JournalRecord& start,
                                const std::vector<std::string>& targets) {
  for (const std::string& target : targets) header.files.push_back(name_in_journal(target, path));
  std::string text;
  const JournalText parsed = new_journal(std::move(header), start, text);
  constexpr int kTries = 3;  // a journal in the way may be gone when it is looked at
  for (int tries = 0; tries < kTries; ++tries) {
    Journal journal;
    journal.path_ = path;
    journal.text_ = parsed;
    const Status status = journal.write_new(text);
    if (status.is_ok()) {
      journal.make_known(targets);
      return journal;
    }
    if (status.code() != StatusCode::kNotFound) return status;
    std::error_code error;
    if (!std::filesystem::exists(path, error)) {  // or a link to a journal that is gone
      if (std::filesystem::is_symlink(path, error)) std::filesystem::remove(path, error);
      continue;
    }
    const auto other = open(path);
    if (other.is_ok())
      return invalid_argument(path +
                              ": there is an interrupted run's journal already; go on with "
                              "--resume, or remove it to start over");
    if (other.status().code() != StatusCode::kNotFound) return other.status();
  }
  return running_elsewhere(path);
}

Result<Journal> Journal::open(const std::string& path) {
  for (;;) {
    Journal journal;
    journal.path_ = path;
    journal.descriptor_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (journal.descriptor_ < 0 && (errno == ENOENT || errno == ENOTDIR))
      return not_found(path + ": no such file");
    if (journal.descriptor_ < 0) return failed(path);
    const FileLock lock = lock_file(journal.descriptor_, path);
    if (lock == FileLock::kTaken) return running_elsewhere(path);
    if (lock == FileLock::kGone) continue;  // its owner was done just now
    OCTET_ASSIGN_OR_RETURN(journal.text_, read_journal(journal.descriptor_, path));
    return journal;
  }
}

void Journal::make_known(std::vector<std::string> targets) {
  targets_ = std::move(targets);
  link_journal(path_, targets_);
}

Status Journal::damaged() const {
  return unreadable(path_, "is damaged: its records do not fit the outputs");
}

Status Journal::put(size_t slot, const JournalRecord& record) {
  return write_at(descriptor_, path_, text_.slots_at + slot * text_.slot_size,
                  slot_text(record, text_.slot_size));
}

Status Journal::add(const JournalRecord& record, bool durable) {
  text_.record = record;
  OCTET_RETURN_IF_ERROR(put(text_.turn, record));
  text_.turn = 1 - text_.turn;
  if (!durable) return Status::ok();
  OCTET_RETURN_IF_ERROR(put(kFirstDurableSlot + text_.durable_turn, record));
  text_.durable_turn = 1 - text_.durable_turn;
  return ::fdatasync(descriptor_) == 0 ? Status::ok() : failed(path_);
}

Status Journal::check_in_place() const {
  if (is_at(descriptor_, path_)) return Status::ok();
  return io_error(path_ + ": was removed or moved while the run went on");
}

void Journal::remove() {
  unlink_journal(path_, targets_);
  if (is_at(descriptor_, path_)) ::unlink(path_.c_str());
}

}  // namespace octet::app
