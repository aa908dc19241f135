// Progress: how far a batch run is, on stderr.
#pragma once

#include <cstdint>
#include <string>

namespace octet::app {

// On a terminal one line with a bar, redrawn at most ten times a second and wiped at the end;
// elsewhere a plain line every kPlainSeconds. Rate and remaining time are those of this process:
// rows that an earlier one did count as done, not as speed.
class Progress {
 public:
  // `done` of `rows` are there already.
  Progress(int64_t rows, int64_t done, bool quiet);
  ~Progress();  // wipes the bar
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // To be called as often as it is handy.
  void update(int64_t done);

  static constexpr double kPlainSeconds = 5, kRedrawSeconds = 0.1;

 private:
  int64_t rows_, start_rows_;
  bool quiet_, terminal_;
  double start_ms_, last_ms_;
  bool drawn_ = false;
};

// On a terminal, unless `quiet`, what a finished batch leaves there:
// "4096 rows in 13.2 s, 310.2 rows/s; outputs in out/y.npy". `rows`: of this process.
void print_finished(int64_t rows, double seconds, const std::string& outputs, bool quiet);

// "1024 of 4096 rows, 25 %, 310.2 rows/s, 0:09 left"; no rate before `seconds` is above 0.
std::string progress_text(int64_t done, int64_t rows, int64_t start_rows, double seconds);

}  // namespace octet::app
