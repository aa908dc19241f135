// Drawing of progress.
#include "apps/run_model/batch/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "apps/run_model/client.h"
#include "apps/run_model/terminal.h"

namespace octet::app {
namespace {

constexpr int kWidestBar = 40, kUsualColumns = 80;

int terminal_columns() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsualColumns;
  return size.ws_col;
}

// "1:02:03", "4:05"
std::string clock_text(double seconds) {
  const auto whole = static_cast<int64_t>(std::clamp(seconds + 0.5, 0.0, 1e9));
  const int64_t hours = whole / 3600, minutes = whole / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60)
                   : fmt::format("{}:{:02}", minutes, whole % 60);
}

}  // namespace

std::string progress_text(int64_t done, int64_t rows, int64_t start_rows, double seconds) {
  std::string text =
      fmt::format("{} of {} rows, {} %", done, rows, rows > 0 ? done * 100 / rows : 100);
  if (done == start_rows || seconds <= 0) return text;
  const double rate = static_cast<double>(done - start_rows) / seconds;
  return text + fmt::format(", {:.{}f} rows/s, {} left", rate, rate < 100 ? 1 : 0,
                            clock_text(static_cast<double>(rows - done) / rate));
}

void print_finished(int64_t rows, double seconds, const std::string& outputs, bool quiet) {
  if (quiet || ::isatty(STDERR_FILENO) != 1) return;
  const double rate = seconds > 0 ? static_cast<double>(rows) / seconds : 0;
  print_line(stderr, "run_model: {} rows in {:.1f} s, {:.{}f} rows/s; outputs in {}", rows, seconds,
             rate, rate < 100 ? 1 : 0, outputs);
}

Progress::Progress(int64_t rows, int64_t done, bool quiet)
    : rows_(rows),
      start_rows_(done),
      quiet_(quiet),
      terminal_(::isatty(STDERR_FILENO) == 1),
      start_ms_(now_ms()),
      last_ms_(start_ms_) {}

Progress::~Progress() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
}

void Progress::update(int64_t done) {
  if (quiet_) return;
  const double now = now_ms();
  if (now - last_ms_ < (terminal_ ? kRedrawSeconds : kPlainSeconds) * 1e3) return;
  last_ms_ = now;
  std::string text = progress_text(done, rows_, start_rows_, (now - start_ms_) / 1e3);
  if (!terminal_) {
    put_line(stderr, "run_model: " + text);
    return;
  }
  const int columns = terminal_columns() - 1;
  const int room = std::min(columns - static_cast<int>(text.size()) - 3, kWidestBar);
  if (room >= 10) {
    const auto filled = static_cast<size_t>(room * done / std::max<int64_t>(rows_, 1));
    text = "[" + std::string(filled, '#') + std::string(static_cast<size_t>(room) - filled, '-') +
           "] " + text;
  }
  std::fputs(("\r" + text.substr(0, static_cast<size_t>(std::max(columns, 1))) + "\x1b[K").c_str(),
             stderr);
  std::fflush(stderr);
  drawn_ = true;
}

}  // namespace octet::app
