// Profiling of one run.
#include "apps/run_model/modes/profile.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "apps/run_model/batch/batch_plan.h"
#include "apps/run_model/inputs.h"
#include "apps/run_model/npy/npy.h"
#include "apps/run_model/terminal.h"
#include "kernels/cpu/linear/measure_peak.h"

namespace octet::app {
namespace {

// Sums over the calls of one kernel.
struct OpTime {
  std::string op, kernel;
  int64_t calls = 0;
  double us = 0;
  double multiply_adds = 0;
};

std::vector<OpTime> sum_by_kernel(const nlohmann::json& trace) {
  std::map<std::pair<std::string, std::string>, OpTime> sums;
  for (const nlohmann::json& event : trace.at("traceEvents")) {
    const nlohmann::json& args = event.at("args");
    const auto op = args.at("op").get<std::string>(), kernel = args.at("kernel").get<std::string>();
    OpTime& sum = sums[{op, kernel}];
    sum.op = op;
    sum.kernel = kernel;
    ++sum.calls;
    sum.us += event.at("dur").get<double>();
    sum.multiply_adds += args.at("multiply_adds").get<double>();
  }
  std::vector<OpTime> ops;
  for (auto& [key, sum] : sums) ops.push_back(std::move(sum));
  std::sort(ops.begin(), ops.end(), [](const OpTime& a, const OpTime& b) { return a.us > b.us; });
  return ops;
}

// What batch inference runs first.
Result<std::vector<Array>> read_first_run(const LoadedModel& model, const Options& options) {
  OCTET_ASSIGN_OR_RETURN(const std::vector<NpyReader> files, open_inputs(model, options));
  OCTET_ASSIGN_OR_RETURN(const BatchPlan plan, make_batch_plan(model, files, options));
  std::vector<Array> inputs;
  for (const NpyReader& file : files) {
    OCTET_ASSIGN_OR_RETURN(Array input,
                           plan.splits() ? file.read_rows(0, plan.batch_size) : file.read_all());
    inputs.push_back(std::move(input));
  }
  return inputs;
}

void print_table(const std::vector<OpTime>& ops, double run_ms, int threads) {
  const cpu::Peak peak = cpu::measure_peak(threads);
  double all_us = 0;
  for (const OpTime& op : ops) all_us += op.us;
  print_line(stderr,
             "run {:.3f} ms on {} thread{}, of which {:.1f} % in kernels; measured peak: int8 "
             "{:.0f} GOPS, f32 {:.0f} GFLOPS",
             run_ms, threads, threads == 1 ? "" : "s",
             run_ms > 0 ? all_us / 10 / run_ms / threads : 0, peak.int8_gops, peak.f32_gflops);
  print_line(stderr, "{:<18} {:<28} {:>7} {:>10} {:>7} {:>8} {:>7}", "op", "kernel", "calls", "ms",
             "share", "GOPS", "peak");
  for (const OpTime& op : ops) {
    std::string line = fmt::format("{:<18} {:<28} {:>7} {:>10.3f} {:>6.1f}%", op.op, op.kernel,
                                   op.calls, op.us / 1e3, all_us > 0 ? op.us / all_us * 100 : 0);
    if (op.multiply_adds > 0 && op.us > 0) {
      // Calls on several threads overlap, so this is the rate of one thread; all of them reach
      // `threads` times as much.
      const double gops = 2 * op.multiply_adds / op.us / 1e3 * threads;
      const double limit = op.kernel.rfind("quantized", 0) == 0 ? peak.int8_gops : peak.f32_gflops;
      line += fmt::format(" {:>8.1f} {:>6.1f}%", gops, gops / limit * 100);
    }
    put_line(stderr, line);
  }
}

}  // namespace

Status run_profile(const LoadedModel& model, const Options& options) {
  OCTET_RETURN_IF_ERROR(model.expect_tensors("--profile"));
  OCTET_ASSIGN_OR_RETURN(const std::vector<Array> inputs, options.has_inputs()
                                                              ? read_first_run(model, options)
                                                              : make_inputs(model, options));

  OCTET_ASSIGN_OR_RETURN(Runner runner, Runner::create(model));
  for (int i = 0; i < std::max(options.warmup, 1); ++i) OCTET_RETURN_IF_ERROR(runner.run(inputs));
  octet_error* error = nullptr;
  OCTET_RETURN_IF_ERROR(take_error(octet_session_profile(runner.get(), 1, &error), error));
  const double start = now_ms();
  OCTET_RETURN_IF_ERROR(runner.run(inputs));
  const double run_ms = now_ms() - start;

  const std::string trace = octet_session_trace(runner.get());
  OCTET_RETURN_IF_ERROR(write_text(options.profile, trace));
  print_table(sum_by_kernel(nlohmann::json::parse(trace)), run_ms, model.threads());
  return Status::ok();
}

}  // namespace octet::app
