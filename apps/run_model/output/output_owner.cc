// Looking for the journal of an output.
#include "apps/run_model/output/output_owner.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "apps/run_model/batch/journal.h"
#include "apps/run_model/output/file_lock.h"
#include "apps/run_model/output/output_path.h"

namespace octet::app {
namespace {

namespace fs = std::filesystem;

Status check_journal(const std::string& path, int descriptor, const std::string& target,
                     bool has_part) {
  const bool running = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  auto journal = read_journal(descriptor, path);
  if (!is_at(descriptor, path)) return Status::ok();  // its owner was done just now
  if (!journal.is_ok())
    return has_part ? journal.status().with_prefix(part_path(target)) : Status::ok();
  const auto& files = journal->header.files;
  const std::string name = name_in_journal(target, path);
  if (std::find(files.begin(), files.end(), name) == files.end()) return Status::ok();
  if (running)
    return invalid_argument(target + ": another run_model is writing it (its journal is " +
                            real_path(path) + "); wait for it");
  return invalid_argument(fmt::format(
      "{}: an interrupted run with other options, whose journal is {}, has {} rows of it done; go "
      "on with that run's command and --resume, or remove its journal to start over",
      target, real_path(path), journal->record.rows));
}

}  // namespace

Status check_owner(const std::string& target, const std::string& own_journal, bool has_part) {
  for (const std::string& path : journal_paths_of(target)) {
    std::error_code error;
    if (!own_journal.empty() && fs::equivalent(path, own_journal, error)) continue;
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) continue;
    const Status status = check_journal(path, descriptor, target, has_part);
    ::close(descriptor);
    OCTET_RETURN_IF_ERROR(status);
  }
  return Status::ok();
}

}  // namespace octet::app
