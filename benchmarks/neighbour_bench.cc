// Latency beside a busy neighbour: a process that spins while a model runs on all threads.
//
//   neighbour_bench [MODEL.onnx [BATCH [LENGTH [THREADS]]]]   defaults: the demo's MiniLM, 1, 16, 2
//
// Sixteen engines one after another, as in processes that have just started: a pool must notice the
// neighbour each time. Each runs the model in w8a8 for 0.3 s; every second one alone. The latencies
// of the eight with the neighbour are pooled, and so are the others. Symbols called batch are
// BATCH, others LENGTH; all values are 1.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/bench_model.h"
#include "runtime/core/clock.h"

namespace octet {
namespace {

constexpr int kPairs = 8;
constexpr double kSeconds = 0.3;

struct Settings {
  ModelArguments model;
  int threads = 2;
};

// A child that spins while this lives, or its parent.
class Neighbour {
 public:
  static Result<std::unique_ptr<Neighbour>> start() {
    const pid_t child = ::fork();
    if (child < 0) return io_error(std::string("fork: ") + std::strerror(errno));
    if (child > 0) return std::unique_ptr<Neighbour>(new Neighbour(child));
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (volatile unsigned spin = 0;;) spin = spin + 1;
  }
  ~Neighbour() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  Neighbour(const Neighbour&) = delete;
  Neighbour& operator=(const Neighbour&) = delete;

 private:
  explicit Neighbour(pid_t child) : child_(child) {}
  pid_t child_;
};

// Milliseconds of each run after the first, which binds.
Result<std::vector<double>> latencies(const Settings& settings) {
  OCTET_ASSIGN_OR_RETURN(
      const BenchModel model,
      BenchModel::load(settings.model.path, QuantizationScheme::w8a8(), settings.threads,
                       settings.model.batch, settings.model.length));
  const auto session = model.make_session();
  OCTET_RETURN_IF_ERROR(model.run(*session));
  std::vector<double> times;
  for (const double end = now_seconds() + kSeconds; now_seconds() < end;) {
    const double start = now_seconds();
    OCTET_RETURN_IF_ERROR(model.run(*session));
    times.push_back((now_seconds() - start) * 1e3);
  }
  return times;
}

void print(const char* what, std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const auto at = [&](double part) {
    return times[static_cast<size_t>(part * static_cast<double>(times.size()))];
  };
  std::printf("%s: %zu runs, p50 %.2f ms, p90 %.2f, p99 %.2f, most %.2f\n", what, times.size(),
              at(0.5), at(0.9), at(0.99), times.back());
}

Status measure(const Settings& settings) {
  std::vector<double> alone, beside;
  const auto add_to = [&](std::vector<double>& all) -> Status {
    OCTET_ASSIGN_OR_RETURN(const std::vector<double> times, latencies(settings));
    all.insert(all.end(), times.begin(), times.end());
    return Status::ok();
  };
  for (int pair = 0; pair < kPairs; ++pair) {
    OCTET_RETURN_IF_ERROR(add_to(alone));
    OCTET_ASSIGN_OR_RETURN(const std::unique_ptr<Neighbour> neighbour, Neighbour::start());
    OCTET_RETURN_IF_ERROR(add_to(beside));
  }
  print("alone", std::move(alone));
  print("beside a spinning process", std::move(beside));
  return Status::ok();
}

}  // namespace
}  // namespace octet

int main(int argc, char** argv) {
  octet::Settings settings{octet::ModelArguments(argc, argv, 16)};
  if (argc > 4) settings.threads = std::atoi(argv[4]);
  if (!settings.model.has_model()) return argc > 1 ? 1 : 0;
  const octet::Status status = octet::measure(settings);
  if (!status.is_ok()) std::fprintf(stderr, "%s\n", status.message().c_str());
  return status.is_ok() ? 0 : 1;
}
