// Row kernels on one thread, over a tile of rows as a region gives them: warm, in L1 or L2.
//
// Arguments: rows of the tile, columns. bytes_per_second counts what a kernel has to read and write
// once: its rows, and for quantize_rows the codes and parameters.
#include <benchmark/benchmark.h>

#include "kernels/cpu/table.h"
#include "tests/support/kernel_runner.h"
#include "tests/support/tensors.h"

namespace octet {
namespace {

// Runs the kernel `name` over inputs whose first is the tile.
void run_rows(benchmark::State& state, const char* name, Attributes attributes,
              std::vector<test::NodeInput> inputs) {
  auto node = test::NodeUnderTest::create(std::move(attributes), std::move(inputs));
  if (!node.is_ok()) return state.SkipWithError(node.status().message().c_str());
  auto kernel = test::find_row(cpu_kernels(), name).make(node->request());
  if (!kernel.is_ok()) return state.SkipWithError(kernel.status().message().c_str());
  const auto& rows_kernel = *std::get<std::unique_ptr<RowKernel>>(*kernel);

  const int64_t rows = state.range(0);
  int64_t bytes = 0;
  std::vector<RowOperand> in, out;
  const auto add_operand = [&](std::vector<RowOperand>& list, const Tensor& tensor, bool whole) {
    const int64_t columns = whole ? tensor.element_count() : tensor.element_count() / rows;
    const auto row_bytes = columns * static_cast<int64_t>(dtype_size(tensor.dtype()));
    list.push_back({tensor.bytes(), whole ? 0 : row_bytes, columns});
    if (!whole) bytes += row_bytes * rows;
  };
  const RowAccesses accesses = node->row_accesses();
  for (size_t i = 0; i < node->inputs().size(); ++i)
    add_operand(in, node->inputs()[i].tensor, (*accesses)[i] == RowAccess::kWhole);
  std::vector<Tensor> outputs;
  for (size_t i = 0; i < node->output_count(); ++i) {
    outputs.emplace_back(node->output_dtype(i), node->output_shape(i));
    add_operand(out, outputs.back(), false);
  }
  const RowArgs args{rows, in, out, nullptr, nullptr};
  for (auto _ : state) {
    if (!rows_kernel.run(args).is_ok()) return state.SkipWithError("the kernel failed");
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * bytes);
}

Tensor tile(const benchmark::State& state) {
  return test::random_floats({state.range(0), state.range(1)}, 1, -2, 2);
}
test::NodeInput column_vector(const benchmark::State& state) {
  return {test::random_floats({state.range(1)}, 2, 0.5f, 2), true};
}

void quantize_rows(benchmark::State& state) {
  run_rows(state, "quantize_rows/highway", QuantizeRowsAttrs{}, {{tile(state)}});
}
void quantize_smoothed_rows(benchmark::State& state) {
  run_rows(state, "quantize_rows/highway", QuantizeRowsAttrs{},
           {{tile(state)}, column_vector(state)});
}
void layer_norm(benchmark::State& state) {
  run_rows(state, "layer_norm/highway", LayerNormAttrs{},
           {{tile(state)}, column_vector(state), column_vector(state)});
}
void softmax(benchmark::State& state) {
  run_rows(state, "softmax/highway", SoftmaxAttrs{1}, {{tile(state)}});
}
void gelu(benchmark::State& state) {
  run_rows(state, "unary/rows", UnaryAttrs{UnaryFunction::kGelu}, {{tile(state)}});
}
void add(benchmark::State& state) {
  run_rows(state, "binary/rows", BinaryAttrs{BinaryFunction::kAdd}, {{tile(state)}, {tile(state)}});
}

// The hidden and inner widths of MiniLM and BERT-base; a row alone and a tile.
void widths(benchmark::internal::Benchmark* benchmark) {
  for (int64_t rows : {1, 32})
    for (int64_t columns : {384, 768, 1536, 3072}) benchmark->Args({rows, columns});
}

BENCHMARK(quantize_rows)->Apply(widths);
BENCHMARK(quantize_smoothed_rows)->Apply(widths);
BENCHMARK(layer_norm)->Apply(widths);
BENCHMARK(gelu)->Apply(widths);
BENCHMARK(add)->Apply(widths);
BENCHMARK(softmax)->Args({32, 16})->Args({32, 128})->Args({32, 384})->Args({32, 512});

}  // namespace
}  // namespace octet
