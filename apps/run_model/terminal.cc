// Lines to the standard streams.
#include "apps/run_model/terminal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runtime/core/text.h"

namespace octet::app {

void take_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) < 0 && errno == EBADF) {
      // Takes the lowest free number, which is this one. Read-only for output and write-only for
      // input: its use is an error, not a success.
      const int taken = ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
      if (taken >= 0 && taken != stream) ::close(taken);
    }
}

void put_line(std::FILE* stream, std::string_view line) {
  const std::string text = (stream == stderr ? message_text(line) : printable(line)) + "\n";
  std::fwrite(text.data(), 1, text.size(), stream);
}

Status flush_stdout() {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return Status::ok();
  return io_error(std::string("stdout cannot be written") +
                  (errno == 0 ? "" : std::string(": ") + std::strerror(errno)));
}

}  // namespace octet::app
