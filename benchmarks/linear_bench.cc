// Linear layers of tests/support/linear_problems.h, from float rows to float rows: quantization and
// epilogue included.
//
// Each case runs tile by tile on the pool, as a region does, with warm buffers. Counters: `gops`,
// and `peak_share`, the share of what as many threads reach on registers alone (measure_peak.h),
// measured in the same process. Arguments of a case: threads.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <map>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/linear/linear.h"
#include "kernels/cpu/linear/measure_peak.h"
#include "kernels/cpu/linear/quantized_linear.h"
#include "runtime/core/cpu_count.h"
#include "runtime/core/thread_pool.h"
#include "tests/support/linear_problems.h"

namespace octet {
namespace {

using test::LinearInputs;
using test::LinearProblem;

enum class Kind { kInt8, kF32 };

// In 10^9 operations a second of `threads` cores together.
double peak_gops(Kind kind, int threads) {
  static std::map<int, cpu::Peak> measured;
  auto found = measured.find(threads);
  if (found == measured.end()) found = measured.emplace(threads, cpu::measure_peak(threads)).first;
  return kind == Kind::kInt8 ? found->second.int8_gops : found->second.f32_gflops;
}

std::unique_ptr<RowKernel> make_kernel(const KernelRow& row, const test::NodeUnderTest& node) {
  if (!row.accept(node.request()).is_yes()) return nullptr;
  Result<Kernel> kernel = row.make(node.request());
  return kernel.is_ok() ? std::get<std::unique_ptr<RowKernel>>(std::move(*kernel)) : nullptr;
}

// What one thread works in.
struct Slot {
  std::unique_ptr<KernelState> state;
  std::shared_ptr<std::byte> scratch, codes, params;
};

class Case {
 public:
  Case(const LinearProblem& problem, Kind kind, const KernelRow& row, int threads)
      : problem_(problem),
        kind_(kind),
        pool_({threads, 1e6, false}),
        inputs_(test::make_linear_inputs(problem)),
        dst_(problem.output_type, Shape{problem.m, problem.n}) {
    static constexpr KernelRow kQuantize{"quantize_rows", OpKind::kQuantizeRows,
                                         cpu::accept_quantize_rows, cpu::make_quantize_rows};
    quantize_ = make_kernel(kQuantize, test::quantize_rows_node(inputs_));
    kernel_ = kind == Kind::kInt8 ? make_kernel(row, test::quantized_linear_node(problem, inputs_))
                                  : make_kernel(row, test::linear_node(problem, inputs_));
    tile_ = std::clamp<int64_t>((problem.m + threads - 1) / threads, 1, 64);
    if (kernel_ == nullptr) return;
    for (int i = 0; i < threads; ++i)
      slots_.push_back({kernel_->make_state(),
                        allocate_buffer(kernel_->scratch_bytes(tile_, problem.k)),
                        allocate_buffer(static_cast<size_t>(tile_ * problem.k)),
                        allocate_buffer(static_cast<size_t>(tile_) * sizeof(RowParams))});
  }

  bool supported() const { return kernel_ != nullptr; }
  double peak() { return peak_gops(kind_, pool_.size()); }

  void run() {
    pool_.run((problem_.m + tile_ - 1) / tile_, [&](int64_t task, int slot) {
      run_tile(task * tile_, slots_[static_cast<size_t>(slot)]);
    });
  }

 private:
  RowOperand rows_of(const Tensor& tensor, int64_t first) const {
    if (tensor.bytes() == nullptr) return {};
    const int64_t columns = tensor.shape().back();
    const auto row_bytes = columns * static_cast<int64_t>(dtype_size(tensor.dtype()));
    return {tensor.bytes() + first * row_bytes, row_bytes, columns};
  }

  void run_tile(int64_t first, Slot& slot) {
    const int64_t rows = std::min(tile_, problem_.m - first);
    const RowOperand src = rows_of(inputs_.src, first), dst = rows_of(dst_, first);
    const RowOperand bias{inputs_.bias.bytes(), 0, problem_.n},
        residual = rows_of(inputs_.residual, first);
    const RowOperand outputs[] = {dst};
    bool ok = true;
    if (kind_ == Kind::kF32) {
      const RowOperand inputs[] = {src, {}, bias, residual};
      ok = kernel_->run({rows, inputs, outputs, slot.scratch.get(), slot.state.get()}).is_ok();
    } else {
      const RowOperand codes{slot.codes.get(), problem_.k, problem_.k};
      const RowOperand params{slot.params.get(), sizeof(RowParams), 1};
      const RowOperand quantize_inputs[] = {src,
                                            {inputs_.reciprocal_smoothing.bytes(), 0, problem_.k}};
      const RowOperand quantized[] = {codes, params};
      ok = quantize_->run({rows, quantize_inputs, quantized, nullptr, nullptr}).is_ok();
      const RowOperand inputs[] = {codes, params, bias, residual};
      ok =
          ok && kernel_->run({rows, inputs, outputs, slot.scratch.get(), slot.state.get()}).is_ok();
    }
    benchmark::DoNotOptimize(ok);
  }

  const LinearProblem& problem_;
  Kind kind_;
  ThreadPool pool_;
  LinearInputs inputs_;
  Tensor dst_;
  std::unique_ptr<RowKernel> quantize_, kernel_;
  std::vector<Slot> slots_;
  int64_t tile_ = 1;
};

void run_case(benchmark::State& state, const LinearProblem& problem, Kind kind,
              const KernelRow& row) {
  Case subject(problem, kind, row, static_cast<int>(state.range(0)));
  if (!subject.supported()) return state.SkipWithError("declined on this machine");
  subject.run();
  for ([[maybe_unused]] auto _ : state) subject.run();
  const double operations = 2.0 * static_cast<double>(problem.m) * static_cast<double>(problem.n) *
                            static_cast<double>(problem.k) *
                            static_cast<double>(state.iterations());
  state.counters["gops"] = benchmark::Counter(operations / 1e9, benchmark::Counter::kIsRate);
  if (const double peak = subject.peak(); peak > 0)
    state.counters["peak_share"] =
        benchmark::Counter(operations / 1e9 / peak, benchmark::Counter::kIsRate);
}

struct Contender {
  Kind kind;
  KernelRow row;
};
constexpr Contender kContenders[] = {
    {Kind::kInt8,
     {"quantized_linear/onednn", OpKind::kQuantizedLinear, cpu::accept_onednn_quantized_linear,
      cpu::make_onednn_quantized_linear}},
    {Kind::kInt8,
     {"quantized_linear/exact", OpKind::kQuantizedLinear, cpu::accept_exact_quantized_linear,
      cpu::make_exact_quantized_linear}},
    {Kind::kF32,
     {"linear/onednn", OpKind::kLinear, cpu::accept_onednn_linear, cpu::make_onednn_linear}},
    {Kind::kF32,
     {"linear/highway", OpKind::kLinear, cpu::accept_highway_linear, cpu::make_highway_linear}},
};

// Registered from main(), so that nothing runs before it.
void register_cases() {
  for (const Contender& contender : kContenders)
    for (const LinearProblem& problem : test::linear_problems()) {
      if (!problem.timed) continue;
      auto* subject = benchmark::RegisterBenchmark(
          (std::string(contender.row.name) + "/" + test::label(problem)).c_str(),
          [&](benchmark::State& state) {
            run_case(state, problem, contender.kind, contender.row);
          });
      subject->Arg(1)->Unit(benchmark::kMicrosecond)->UseRealTime();
      if (available_cpu_count() > 1) subject->Arg(available_cpu_count());
    }
}

}  // namespace
}  // namespace octet

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  octet::register_cases();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
