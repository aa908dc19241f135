// Locks on files that several processes may want to write.
#pragma once

#include <string>

namespace octet::app {

enum class FileLock {
  kOurs,   // until the descriptor is closed; also where the file system has no locks
  kTaken,  // another process has it
  kGone,   // it is ours, but by now there is another file at `path`, or none
};

// Locks the file that was opened as `path`, without waiting for more than some milliseconds (who
// only looks at a lock holds it that long).
FileLock lock_file(int descriptor, const std::string& path);

// Whether the file that is open as `descriptor` is the one at `path`, links followed.
bool is_at(int descriptor, const std::string& path);

}  // namespace octet::app
