// File locks over flock.
#include "apps/run_model/output/file_lock.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace octet::app {

FileLock lock_file(int descriptor, const std::string& path) {
  constexpr int kTries = 10;
  constexpr useconds_t kPauseUs = 1000;
  int tries = 1;
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) break;  // a file system without locks
    if (tries++ == kTries) return FileLock::kTaken;
    ::usleep(kPauseUs);
  }
  return is_at(descriptor, path) ? FileLock::kOurs : FileLock::kGone;
}

bool is_at(int descriptor, const std::string& path) {
  struct stat opened, at_path;
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &at_path) == 0 &&
         opened.st_dev == at_path.st_dev && opened.st_ino == at_path.st_ino;
}

}  // namespace octet::app
