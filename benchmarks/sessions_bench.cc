// Sessions beside each other: how much more two sessions on a thread each get done than one.
//
//   sessions_bench [MODEL.onnx [BATCH [LENGTH [SECONDS]]]]   defaults: the demo's MiniLM, 1, 128, 1
//
// An engine of one thread; a session per caller. Rounds of SECONDS with one caller and with two
// alternate, so that a neighbour on the machine meets both; the medians of five count. Symbols
// called batch are BATCH, others LENGTH; all values are 1.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "benchmarks/bench_model.h"
#include "runtime/core/clock.h"

namespace octet {
namespace {

constexpr int kRounds = 5;

struct Settings {
  ModelArguments model;
  double seconds = 1;
};

// Runs per second of `callers` sessions together; 0 after an error, which is printed.
double throughput(const BenchModel& model, int callers, double seconds) {
  std::atomic<int64_t> runs{0};
  std::atomic<bool> failed{false};
  std::atomic<int> ready{0};
  const auto call = [&] {
    const auto session = model.make_session();
    const auto run = [&] {
      const Status status = model.run(*session);
      if (!status.is_ok() && !failed.exchange(true))
        std::fprintf(stderr, "%s\n", status.message().c_str());
    };
    run();  // the session's memory
    ready.fetch_add(1);
    while (ready.load() < callers) std::this_thread::yield();
    for (const double end = now_seconds() + seconds; now_seconds() < end && !failed;) {
      run();
      runs.fetch_add(1, std::memory_order_relaxed);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < callers; ++i) threads.emplace_back(call);
  for (std::thread& thread : threads) thread.join();
  return failed ? 0 : static_cast<double>(runs) / seconds;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

bool measure(const Settings& settings, QuantizationScheme quantize) {
  const char* name = quantize == QuantizationScheme::none() ? "fp32" : "w8a8";
  const auto model = BenchModel::load(settings.model.path, quantize, 1, settings.model.batch,
                                      settings.model.length);
  if (!model.is_ok()) return std::fprintf(stderr, "%s\n", model.status().message().c_str()), false;
  std::vector<double> one, two;
  for (int round = 0; round < kRounds; ++round) {
    one.push_back(throughput(*model, 1, settings.seconds));
    two.push_back(throughput(*model, 2, settings.seconds));
    if (one.back() == 0 || two.back() == 0) return false;
  }
  std::printf("%s: 1 session %.1f runs/s, 2 sessions %.1f runs/s, ratio %.2f\n", name, median(one),
              median(two), median(two) / median(one));
  return true;
}

}  // namespace
}  // namespace octet

int main(int argc, char** argv) {
  octet::Settings settings{octet::ModelArguments(argc, argv, 128)};
  if (argc > 4) settings.seconds = std::atof(argv[4]);
  if (!settings.model.has_model()) return argc > 1 ? 1 : 0;
  const bool ok = octet::measure(settings, octet::QuantizationScheme::none()) &&
                  octet::measure(settings, octet::QuantizationScheme::w8a8());
  return ok ? 0 : 1;
}
