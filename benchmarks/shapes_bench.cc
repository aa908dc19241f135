// What a shape costs that was never seen: how much longer a session takes to get ready for it than
// for one that it was ready for before. The run itself is the same.
//
//   shapes_bench [MODEL.onnx [BATCH]]
#include <chrono>

#include "benchmarks/bench_model.h"

namespace octet {
namespace {

constexpr int64_t kFirst = 8, kLast = 72;

double milliseconds(const BenchModel& model, Session& session) {
  const auto begin = std::chrono::steady_clock::now();
  if (const Status status = model.prepare(session); !status.is_ok()) {
    std::fprintf(stderr, "%s\n", status.message().c_str());
    std::exit(1);
  }
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

int measure(const ModelArguments& arguments) {
  auto model = BenchModel::load(arguments.path, QuantizationScheme::w8a8(), 0, arguments.batch, 1);
  if (!model.is_ok()) return std::fprintf(stderr, "%s\n", model.status().message().c_str()), 1;
  const auto session = model->make_session();
  const auto all_lengths = [&] {
    std::vector<double> times;
    for (int64_t length = kLast; length >= kFirst; --length) {
      model->make_inputs(arguments.batch, length);
      times.push_back(milliseconds(*model, *session));
    }
    return median(std::move(times));
  };
  const double first = all_lengths(), again = all_lengths();
  std::printf("%s, lengths %lld to %lld: %.4f ms to get ready for a new one, %.4f ms for a known one\n",
              arguments.path.c_str(), static_cast<long long>(kFirst),
              static_cast<long long>(kLast), first, again);
  return 0;
}

}  // namespace
}  // namespace octet

int main(int argc, char** argv) {
  const octet::ModelArguments arguments(argc, argv, 1);
  return arguments.has_model() ? octet::measure(arguments) : 0;
}
