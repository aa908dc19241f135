// Attention at the shapes of MiniLM and BERT-base, on a merged QKV buffer as a model has it.
//
// Each case runs its tasks on the pool with warm buffers, under a mask of zeros [B, 1, 1, S].
// Counters: `gflops` counts the two products alone; `peak_share` is their share of what the same
// threads reach with nothing but vdpbf16ps (bf16) or vfmadd231ps (f32) on registers, measured in
// the same process; 0 where the machine lacks the instruction.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

#include "kernels/cpu/table.h"
#include "runtime/core/cpu_count.h"
#include "runtime/core/thread_pool.h"
#include "tests/support/kernel_runner.h"
#include "tests/support/tensors.h"

namespace octet {
namespace {

struct AttentionShape {
  const char* model;
  int64_t depth;  // of a head; both models have 12 heads
  int64_t batch, sequence;
};
constexpr int64_t kHeads = 12;
constexpr AttentionShape kShapes[] = {
    {"minilm", 32, 1, 16},     {"minilm", 32, 1, 128},    {"minilm", 32, 32, 128},
    {"bert_base", 64, 1, 16},  {"bert_base", 64, 1, 128}, {"bert_base", 64, 8, 128},
    {"bert_base", 64, 1, 384},
};

// Twelve chains of one instruction hide its latency.
#define OCTET_TWELVE_CHAINS(instruction)                                                           \
  asm volatile(instruction                                                                         \
               " %%zmm12, %%zmm12, %%zmm0\n" instruction " %%zmm12, %%zmm12, %%zmm1\n" instruction \
               " %%zmm12, %%zmm12, %%zmm2\n" instruction " %%zmm12, %%zmm12, %%zmm3\n" instruction \
               " %%zmm12, %%zmm12, %%zmm4\n" instruction " %%zmm12, %%zmm12, %%zmm5\n" instruction \
               " %%zmm12, %%zmm12, %%zmm6\n" instruction " %%zmm12, %%zmm12, %%zmm7\n" instruction \
               " %%zmm12, %%zmm12, %%zmm8\n" instruction " %%zmm12, %%zmm12, %%zmm9\n" instruction \
               " %%zmm12, %%zmm12, %%zmm10\n" instruction " %%zmm12, %%zmm12, %%zmm11\n" ::        \
                   : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",       \
                     "xmm9", "xmm10", "xmm11")

constexpr int64_t kPeakSteps = 4'000'000;

void spin(DType dtype) {
  asm volatile("vpxord %%zmm12, %%zmm12, %%zmm12" ::: "xmm12");
  if (dtype == DType::kBF16) {
    for (int64_t i = 0; i < kPeakSteps; ++i) OCTET_TWELVE_CHAINS("vdpbf16ps");
  } else {
    for (int64_t i = 0; i < kPeakSteps; ++i) OCTET_TWELVE_CHAINS("vfmadd231ps");
  }
}

// In 10^9 operations a second, of all threads of `pool` together.
double peak_gflops(DType dtype, ThreadPool& pool) {
  static std::map<std::pair<DType, int>, double> measured;
  if (!__builtin_cpu_supports("avx512f")) return 0;
  double& best = measured[{dtype, pool.size()}];
  if (best > 0) return best;
  const double operations =
      static_cast<double>(kPeakSteps) * 12 * (dtype == DType::kBF16 ? 64 : 32);
  for (int repeat = 0; repeat < 5; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    pool.run(pool.size(), [&](int64_t, int) { spin(dtype); });
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best = std::max(best, operations * pool.size() / seconds / 1e9);
  }
  return best;
}

// q, k or v as part 0, 1 or 2 of a buffer [B, S, 3 * H * D].
Tensor part_of_qkv(const std::shared_ptr<Tensor>& qkv, const AttentionShape& s, int64_t part) {
  const int64_t hidden = kHeads * s.depth, token = 3 * hidden;
  const auto offset = static_cast<size_t>(part * hidden) * dtype_size(qkv->dtype());
  return Tensor(qkv,
                {qkv->bytes() + offset, qkv->dtype(), Shape{s.batch, kHeads, s.sequence, s.depth},
                 Strides{s.sequence * token, s.depth, token, 1}});
}

void run_case(benchmark::State& state, const AttentionShape& s, const KernelRow& row, DType dtype) {
  const auto qkv = std::make_shared<Tensor>(test::convert_floats(
      test::random_floats({s.batch, s.sequence, 3 * kHeads * s.depth}, 1, -2, 2), dtype));
  const Tensor mask(DType::kF32, {s.batch, 1, 1, s.sequence});
  std::vector<test::NodeInput> operands;
  for (int64_t part = 0; part < 3; ++part) operands.push_back({part_of_qkv(qkv, s, part)});
  operands.push_back({mask});
  const AttentionAttrs attrs{.scale = 1 / std::sqrt(static_cast<float>(s.depth))};
  const auto node = test::NodeUnderTest::create(attrs, operands);
  if (const Support support = row.accept(node.value().request()); !support.is_yes())
    return state.SkipWithError(support.reason().c_str());
  Result<Kernel> made = row.make(node.value().request());
  const auto kernel = std::get<std::unique_ptr<TaskKernel>>(std::move(made).value());

  const int threads = static_cast<int>(state.range(0));
  ThreadPool pool({threads, 1e6, false});
  const Tensor dst(DType::kF32, node.value().output_shape(0));
  std::vector<TensorView> inputs;
  for (const test::NodeInput& operand : operands) inputs.push_back(operand.tensor.view());
  const TensorView outputs[] = {dst.view()};
  const TaskArgs args{inputs, outputs};
  const std::vector<OperandShape> in = shapes_of(inputs), out = shapes_of(outputs);
  const TaskShapes shapes{in, out};
  const int64_t tasks = kernel->task_count(shapes, threads);
  std::vector<std::shared_ptr<std::byte>> scratch;
  for (int i = 0; i < threads; ++i)
    scratch.push_back(allocate_buffer(kernel->scratch_bytes(shapes)));

  for (auto _ : state)
    pool.run(tasks, [&](int64_t task, int slot) {
      const Status status =
          kernel->run(args, task, tasks, scratch[static_cast<size_t>(slot)].get(), nullptr);
      benchmark::DoNotOptimize(status.is_ok());
    });

  const double operations =
      4.0 * static_cast<double>(s.batch * kHeads * s.sequence * s.sequence * s.depth);
  state.counters["gflops"] =
      benchmark::Counter(operations / 1e9, benchmark::Counter::kIsIterationInvariantRate);
  const double peak = peak_gflops(dtype, pool);
  state.counters["peak_share"] =
      peak > 0 ? benchmark::Counter(operations / 1e9 / peak,
                                    benchmark::Counter::kIsIterationInvariantRate)
               : benchmark::Counter(0);
}

// Registered from main(), so that nothing runs before it.
void register_cases() {
  for (const KernelRow& row : cpu_kernels()) {
    if (row.op != OpKind::kAttention) continue;
    const DType dtype = std::string_view(row.name) == "attention/bf16" ? DType::kBF16 : DType::kF32;
    for (const AttentionShape& shape : kShapes) {
      const std::string name = std::string(row.name) + "/" + shape.model + "/b" +
                               std::to_string(shape.batch) + "_s" + std::to_string(shape.sequence);
      auto* subject = benchmark::RegisterBenchmark(
          name.c_str(), [=](benchmark::State& state) { run_case(state, shape, row, dtype); });
      subject->Arg(1)->Unit(benchmark::kMicrosecond)->UseRealTime();
      if (available_cpu_count() > 1) subject->Arg(available_cpu_count());
    }
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
