// The memory of one process that uses liboctet, as its users link it: loading, many loads, many
// shapes; and what it costs while it does nothing.
//
//   soak load   MODEL none|w8a8 CEILING   one load of any model, under a memory ceiling of so many
//   MB soak memory MODEL none|w8a8           one load and one run soak loads  MODEL none|w8a8 COUNT
//   load, run and free, COUNT times after a few to warm up soak shapes MODEL none|w8a8 COUNT runs
//   of COUNT shapes after those that fill the caches soak idle   MODEL none|w8a8 SECONDS   CPU time
//   of that long after a run
//
// Prints one line of JSON; MB are 2^20 bytes, of the whole process. But for
// `load`, the model's inputs are int64 [batch, length] of at most 64 tokens.
#include <octet/octet.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace {

constexpr int kThreads = 2;
constexpr double kMb = 1 << 20;
constexpr int kWarmLoads = 3;
constexpr int64_t kBatches = 8, kLengths = 64;
// More than the bindings that a model keeps, so that its cache is full before anything is measured.
constexpr int kWarmShapes = 320;

// A line of /proc/self/status in MB: "VmRSS:" resident, "VmHWM:" the most so far.
double memory_mb(const char* key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind(key, 0) == 0) return std::atof(line.c_str() + std::strlen(key)) / 1024;
  return 0;
}

void require(octet_status status, octet_error* error) {
  if (status == OCTET_OK) return;
  std::fprintf(stderr, "%s\n",
               error != nullptr ? octet_error_message(error) : octet_status_name(status));
  std::exit(1);
}

struct FreeModel {
  void operator()(octet_model* model) const { octet_model_free(model); }
};
using Model = std::unique_ptr<octet_model, FreeModel>;

struct FreeSession {
  void operator()(octet_session* session) const { octet_session_free(session); }
};
using Session = std::unique_ptr<octet_session, FreeSession>;

Model load(octet_engine* engine, const char* path, const std::string& quantize) {
  octet_load_options options = OCTET_INIT(octet_load_options);
  options.quantize = quantize == "w8a8" ? OCTET_QUANTIZE_W8A8 : OCTET_QUANTIZE_NONE;
  octet_model* model = nullptr;
  octet_error* error = nullptr;
  require(octet_model_load(engine, path, &options, &model, &error), error);
  return Model(model);
}

Session make_session(const Model& model) {
  octet_session* session = nullptr;
  octet_error* error = nullptr;
  require(octet_session_create(model.get(), &session, &error), error);
  return Session(session);
}

void run(const Model& model, const Session& session, int64_t batch, int64_t length) {
  std::vector<int64_t> ones(static_cast<size_t>(batch * length), 1);
  octet_tensor input = {};
  input.data = ones.data();
  input.dtype = OCTET_INT64;
  input.rank = 2;
  input.dims[0] = batch;
  input.dims[1] = length;
  const std::vector<octet_tensor> inputs(static_cast<size_t>(octet_model_input_count(model.get())),
                                         input);
  std::vector<octet_tensor> outputs(static_cast<size_t>(octet_model_output_count(model.get())));
  octet_error* error = nullptr;
  require(octet_session_run(session.get(), inputs.data(), static_cast<int32_t>(inputs.size()),
                            outputs.data(), static_cast<int32_t>(outputs.size()), nullptr, &error),
          error);
}

int64_t linear_elements(const Model& model) {
  int64_t elements = 0;
  for (int32_t layer = 0; layer < octet_model_layer_count(model.get()); ++layer) {
    octet_layer_info info = OCTET_INIT(octet_layer_info);
    octet_error* error = nullptr;
    require(octet_model_layer(model.get(), layer, &info, &error), error);
    elements += info.n * info.k;
  }
  return elements;
}

void measure_load(octet_engine* engine, const char* path, const std::string& quantize) {
  const double before = memory_mb("VmRSS:");
  const Model model = load(engine, path, quantize);
  const double loaded = memory_mb("VmRSS:"), peak = memory_mb("VmHWM:");
  const Session session = make_session(model);
  octet_memory memory = OCTET_INIT(octet_memory);
  octet_error* error = nullptr;
  require(octet_engine_memory(engine, &memory, &error), error);
  std::printf(
      "{\"before_mb\": %.1f, \"loading_peak_mb\": %.1f, \"loaded_mb\": %.1f, \"session_mb\": %.1f, "
      "\"counted_mb\": %.1f, \"counted_peak_mb\": %.1f}\n",
      before, peak, loaded, memory_mb("VmRSS:"), static_cast<double>(memory.bytes_in_use) / kMb,
      static_cast<double>(memory.peak_bytes) / kMb);
}

void measure_one(octet_engine* engine, const char* path, const std::string& quantize) {
  const double before = memory_mb("VmRSS:");
  const Model model = load(engine, path, quantize);
  const double loaded = memory_mb("VmRSS:"), peak = memory_mb("VmHWM:");
  const Session session = make_session(model);
  run(model, session, 1, kLengths);
  std::printf(
      "{\"before_mb\": %.1f, \"loading_peak_mb\": %.1f, \"loaded_mb\": %.1f, \"after_run_mb\": "
      "%.1f, \"linear_elements\": %lld}\n",
      before, peak, loaded, memory_mb("VmRSS:"), static_cast<long long>(linear_elements(model)));
}

void measure_loads(octet_engine* engine, const char* path, const std::string& quantize, int count) {
  const auto once = [&] {
    const Model model = load(engine, path, quantize);
    run(model, make_session(model), 2, 16);
  };
  for (int i = 0; i < kWarmLoads; ++i) once();
  const double warm = memory_mb("VmRSS:");
  for (int i = 0; i < count; ++i) once();
  std::printf("{\"warm_mb\": %.1f, \"last_mb\": %.1f, \"count\": %d}\n", warm, memory_mb("VmRSS:"),
              count);
}

// All pairs of a batch and a length come in turn, so that one comes again after kBatches * kLengths
// others, when the cache has forgotten it.
void measure_shapes(octet_engine* engine, const char* path, const std::string& quantize,
                    int count) {
  const Model model = load(engine, path, quantize);
  const Session session = make_session(model);
  run(model, session, kBatches, kLengths);
  const auto shape = [&](int64_t i) {
    const int64_t pair = i * 197 % (kBatches * kLengths);
    run(model, session, 1 + pair % kBatches, 1 + pair / kBatches);
  };
  for (int i = 0; i < kWarmShapes; ++i) shape(i);
  const double warm = memory_mb("VmRSS:");
  for (int i = 0; i < count; ++i) shape(kWarmShapes + i);
  std::printf("{\"warm_mb\": %.1f, \"last_mb\": %.1f, \"count\": %d}\n", warm, memory_mb("VmRSS:"),
              count);
}

double cpu_seconds() {
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
         static_cast<double>(use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1e-6;
}

void measure_idle(octet_engine* engine, const char* path, const std::string& quantize,
                  int seconds) {
  const Model model = load(engine, path, quantize);
  run(model, make_session(model), 1, kLengths);
  const double before = cpu_seconds();
  ::sleep(static_cast<unsigned>(seconds));
  std::printf("{\"cpu_seconds\": %.6f, \"seconds\": %d}\n", cpu_seconds() - before, seconds);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (argc < (what == "memory" ? 4 : 5))
    return std::fprintf(stderr, "soak load|memory|loads|shapes|idle MODEL none|w8a8 [COUNT]\n"), 2;
  octet_engine_options options = OCTET_INIT(octet_engine_options);
  options.threads = kThreads;
  if (what == "load") options.memory_ceiling = std::atoll(argv[4]) << 20;
  octet_engine* engine = nullptr;
  octet_error* error = nullptr;
  require(octet_engine_create(&options, &engine, &error), error);
  if (what == "load") measure_load(engine, argv[2], argv[3]);
  if (what == "memory") measure_one(engine, argv[2], argv[3]);
  if (what == "loads") measure_loads(engine, argv[2], argv[3], std::atoi(argv[4]));
  if (what == "shapes") measure_shapes(engine, argv[2], argv[3], std::atoi(argv[4]));
  if (what == "idle") measure_idle(engine, argv[2], argv[3], std::atoi(argv[4]));
  octet_engine_free(engine);
  return 0;
}
