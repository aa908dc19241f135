// Whole models: latency of one run, fp32 and w8a8, one thread and all.
//
// Takes every .onnx file in the folder OCTET_BENCH_MODELS, or else the demo's MiniLM (`make demo`
// writes it; run from the project's root). Symbols called batch are 1, others 128; ids are small.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "benchmarks/bench_model.h"
#include "runtime/core/cpu_count.h"

namespace octet {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kLength = 128;

std::vector<fs::path> find_models() {
  std::vector<fs::path> models;
  std::error_code error;
  if (const char* folder = std::getenv("OCTET_BENCH_MODELS"); folder != nullptr) {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
      if (entry.path().extension() == ".onnx") models.push_back(entry.path());
  } else if (fs::exists(kDemoModel, error)) {
    models.push_back(kDemoModel);
  }
  std::sort(models.begin(), models.end());
  return models;
}

void run_model(benchmark::State& state, const fs::path& path, QuantizationScheme quantize,
               int threads) {
  const auto model = BenchModel::load(path.string(), quantize, threads, 1, kLength);
  if (!model.is_ok()) return state.SkipWithError(model.status().message().c_str());
  const auto session = model->make_session();
  for (auto _ : state) {
    const Status status = model->run(*session);
    if (!status.is_ok()) return state.SkipWithError(status.message().c_str());
  }
}

void skip(benchmark::State& state) {
  state.SkipWithError(
      "no model: set OCTET_BENCH_MODELS to a folder with .onnx files, or run `make demo` once");
  for (auto _ : state) {
  }
}

void add_benchmarks() {
  const std::vector<fs::path> models = find_models();
  if (models.empty()) benchmark::RegisterBenchmark("model", skip);
  std::vector<int> thread_counts = {1};
  if (available_cpu_count() > 1) thread_counts.push_back(available_cpu_count());
  for (const fs::path& path : models)
    for (const QuantizationScheme quantize :
         {QuantizationScheme::none(), QuantizationScheme::w8a8()})
      for (const int threads : thread_counts) {
        const std::string name = path.stem().string() +
                                 (quantize == QuantizationScheme::none() ? "/fp32" : "/w8a8") +
                                 "/threads:" + std::to_string(threads);
        benchmark::RegisterBenchmark(name.c_str(), run_model, path, quantize, threads)
            ->UseRealTime()
            ->Unit(benchmark::kMillisecond);
      }
}

}  // namespace
}  // namespace octet

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  octet::add_benchmarks();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
