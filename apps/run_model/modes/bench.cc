// Timing of runs.
#include "apps/run_model/modes/bench.h"

#include <algorithm>

#include "apps/run_model/inputs.h"
#include "apps/run_model/memory.h"
#include "apps/run_model/output/outputs.h"
#include "apps/run_model/terminal.h"
#include "runtime/api/json_text.h"

namespace octet::app {
namespace {

constexpr int kFewestRuns = 2;  // when --seconds is over before that
constexpr double kDefaultSeconds = 1;

// The time that `share` of the sorted runs did not exceed.
double percentile(const std::vector<double>& sorted, double share) {
  return sorted[std::min(sorted.size() - 1,
                         static_cast<size_t>(static_cast<double>(sorted.size()) * share))];
}

double median(const std::vector<double>& sorted) {
  const size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

Result<std::vector<double>> time_runs(Runner& runner, const std::vector<Array>& inputs,
                                      const Options& options) {
  const double budget_ms = (options.seconds > 0 ? options.seconds : kDefaultSeconds) * 1e3;
  std::vector<double> times;
  double spent = 0;
  const auto done = [&] {
    const int runs = static_cast<int>(times.size());
    return options.iterations > 0 ? runs >= options.iterations
                                  : spent >= budget_ms && runs >= kFewestRuns;
  };
  while (!done()) {
    const double start = now_ms();
    OCTET_RETURN_IF_ERROR(runner.run(inputs));
    times.push_back(now_ms() - start);
    spent += times.back();
  }
  return times;
}

}  // namespace

Status run_bench(const LoadedModel& model, const Options& options) {
  OCTET_RETURN_IF_ERROR(model.expect_tensors("--bench"));
  const double loaded_mb = process_memory().resident_mb;
  const bool from_files = options.has_inputs();
  OCTET_ASSIGN_OR_RETURN(const std::vector<Array> inputs,
                         from_files ? read_inputs(model, options) : make_inputs(model, options));

  const double start = now_ms();
  OCTET_ASSIGN_OR_RETURN(Runner runner, Runner::create(model));
  OCTET_RETURN_IF_ERROR(runner.run(inputs));
  const double first_result_ms = model.load_ms() + now_ms() - start;
  for (int i = 0; i < options.warmup; ++i) OCTET_RETURN_IF_ERROR(runner.run(inputs));
  OCTET_ASSIGN_OR_RETURN(const std::vector<double> times, time_runs(runner, inputs, options));
  OCTET_RETURN_IF_ERROR(write_outputs(model, options, runner.outputs()));

  std::vector<double> sorted = times;
  std::sort(sorted.begin(), sorted.end());
  const double rss_mb = process_memory().peak_mb;
  if (options.json) {
    const nlohmann::json result = {{"median_ms", median(sorted)},
                                   {"min_ms", sorted.front()},
                                   {"p90_ms", percentile(sorted, 0.9)},
                                   {"p99_ms", percentile(sorted, 0.99)},
                                   {"times_ms", times},
                                   {"load_ms", model.load_ms()},
                                   {"first_result_ms", first_result_ms},
                                   {"loaded_mb", loaded_mb},
                                   {"rss_mb", rss_mb},
                                   {"threads", model.threads()}};
    put_line(stdout, json_text(result));
  } else {
    print_line(stdout, "{} runs, {} thread{}: median {:.3f} ms, min {:.3f}, p90 {:.3f}, p99 {:.3f}",
               times.size(), model.threads(), model.threads() == 1 ? "" : "s", median(sorted),
               sorted.front(), percentile(sorted, 0.9), percentile(sorted, 0.99));
    print_line(
        stdout,
        "load {:.1f} ms, first result after {:.1f} ms; memory {:.1f} MB loaded, {:.1f} MB peak",
        model.load_ms(), first_result_ms, loaded_mb, rss_mb);
  }
  return Status::ok();
}

}  // namespace octet::app
