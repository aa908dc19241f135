// Scatters, samples of pictures and selections on one thread, each by the CPU's kernel and by the
// reference: argument 0 is the kernel's, 1 the reference's.
#include <benchmark/benchmark.h>

#include "kernels/cpu/table.h"
#include "kernels/reference/table.h"
#include "runtime/ops/deform_columns.h"
#include "runtime/ops/grid_sample.h"
#include "runtime/ops/non_max_suppression.h"
#include "runtime/ops/roi_align.h"
#include "runtime/ops/scatter.h"
#include "runtime/ops/top_k.h"
#include "tests/support/spatial_cases.h"

namespace octet {
namespace {

using test::random_floats, test::random_integers;

// Runs the row `name` of the CPU's table, or the reference.
void run(benchmark::State& state, const char* name, Attributes attributes,
         std::vector<test::NodeInput> inputs) {
  auto node = test::NodeUnderTest::create(std::move(attributes), std::move(inputs));
  if (!node.is_ok()) return state.SkipWithError(node.status().message().c_str());
  const KernelRow& row = state.range(0) == 0
                             ? test::find_row(cpu_kernels(), name)
                             : test::find_row(reference_kernels(), "long_tail/reference");
  auto made = row.make(node->request());
  if (!made.is_ok()) return state.SkipWithError(made.status().message().c_str());
  const auto& kernel = *std::get<std::unique_ptr<TaskKernel>>(*made);
  std::vector<TensorView> in, out;
  std::vector<Tensor> outputs;
  for (const test::NodeInput& input : node->inputs()) in.push_back(input.tensor.view());
  for (size_t i = 0; i < node->output_count(); ++i)
    out.push_back(outputs.emplace_back(node->output_dtype(i), node->output_shape(i)).view());
  const std::vector<OperandShape> in_shapes = shapes_of(in), out_shapes = shapes_of(out);
  const TaskShapes shapes{in_shapes, out_shapes};
  const auto scratch = allocate_buffer(kernel.scratch_bytes(shapes));
  const auto shared = allocate_buffer(kernel.shared_bytes(shapes));
  std::vector<int64_t> phases;
  kernel.plan_phases(shapes, 1, phases);
  for (auto _ : state) {
    TaskArgs args{in, out, nullptr, 0, shared.get()};
    for (const int64_t tasks : phases) {
      for (int64_t task = 0; task < tasks; ++task)
        if (!kernel.run(args, task, tasks, scratch.get(), nullptr).is_ok())
          return state.SkipWithError("the kernel failed");
      ++args.phase;
    }
  }
}

// Sums of 20,000 rows of 64 features into 5,000, with an index for each element or for each row.
void scatter_elements(benchmark::State& state) {
  run(state, "scatter_elements/tasks",
      LongTailAttrs(ScatterElementsAttrs{0, ScatterReduction::kAdd}),
      {{random_floats({5000, 64}, 1)},
       {random_integers(DType::kI64, {20000, 64}, 2, 0, 4999)},
       {random_floats({20000, 64}, 3)}});
}
void scatter_rows(benchmark::State& state) {
  const Tensor rows = random_integers(DType::kI64, {20000, 1}, 2, 0, 4999);
  run(state, "scatter_elements/tasks",
      LongTailAttrs(ScatterElementsAttrs{0, ScatterReduction::kAdd}),
      {{random_floats({5000, 64}, 1)},
       {test::broadcast_view(rows, {20000, 64})},
       {random_floats({20000, 64}, 3)}});
}
// A cache of 8 heads, 1024 entries of 128 numbers: one token, and a prompt of 256.
void scatter_nd_cache(benchmark::State& state, int64_t tokens) {
  Tensor indices(DType::kI64, {8, tokens, 2});
  for (int64_t i = 0; i < 8 * tokens; ++i) {
    indices.elements<int64_t>()[static_cast<size_t>(2 * i)] = i / tokens;
    indices.elements<int64_t>()[static_cast<size_t>(2 * i + 1)] = 500 + i % tokens;
  }
  run(state, "scatter_nd/tasks", LongTailAttrs(ScatterNDAttrs{}),
      {{random_floats({8, 1024, 128}, 1)}, {indices}, {random_floats({8, tokens, 128}, 2)}});
}
void scatter_nd_token(benchmark::State& state) { scatter_nd_cache(state, 1); }
void scatter_nd_prompt(benchmark::State& state) { scatter_nd_cache(state, 256); }
void tensor_scatter_token(benchmark::State& state) {
  run(state, "tensor_scatter/tasks", LongTailAttrs(TensorScatterAttrs{.axis = 2}),
      {{random_floats({1, 8, 1024, 128}, 1)},
       {random_floats({1, 8, 1, 128}, 2)},
       {random_integers(DType::kI64, {1}, 3, 500, 500)}});
}

void grid_sample_picture(benchmark::State& state) {
  run(state, "grid_sample/highway", LongTailAttrs(GridSampleAttrs{}),
      {{random_floats({1, 3, 256, 256}, 1)}, {random_floats({1, 256, 256, 2}, 2, -1.1f, 1.1f)}});
}
void grid_sample_features(benchmark::State& state) {
  run(state, "grid_sample/highway", LongTailAttrs(GridSampleAttrs{}),
      {{random_floats({1, 64, 64, 64}, 1)}, {random_floats({1, 64, 64, 2}, 2, -1.1f, 1.1f)}});
}
void roi_align(benchmark::State& state) {
  Tensor rois = random_floats({100, 4}, 1, 0, 200);
  for (size_t i = 0; i < 400; i += 4)
    for (size_t j = 0; j < 2; ++j) rois.elements<float>()[i + j + 2] += 100;
  run(state, "roi_align/highway",
      LongTailAttrs(RoiAlignAttrs{.height = 7, .width = 7, .samples = 2, .scale = 0.25f}),
      {{random_floats({1, 64, 76, 76}, 2)}, {rois}, {Tensor(DType::kI64, {100})}});
}
void deform_columns(benchmark::State& state) {
  run(state, "deform_columns/highway",
      LongTailAttrs(DeformColumnsAttrs{test::square_window(3, 1), 1}),
      {{random_floats({1, 64, 40, 40}, 1)},
       {random_floats({1, 18, 40, 40}, 2, -2, 2)},
       {random_floats({1, 9, 40, 40}, 3)}});
}

void top_k_line(benchmark::State& state) {
  run(state, "top_k/highway", LongTailAttrs(TopKAttrs{.k = 50, .axis = 1}),
      {{random_floats({1, 50000}, 1)}});
}
void top_k_lines(benchmark::State& state) {
  run(state, "top_k/highway", LongTailAttrs(TopKAttrs{.k = 10, .axis = 1}),
      {{random_floats({64, 1000}, 1)}});
}
// 80 classes of 8,400 boxes, of which 2 in 100 have a score worth a look.
void non_max_suppression(benchmark::State& state) {
  Tensor boxes = random_floats({1, 8400, 4}, 1, 0, 600);
  for (size_t i = 0; i < 4 * 8400; i += 4)
    for (size_t j = 0; j < 2; ++j) boxes.elements<float>()[i + j + 2] += 40;
  run(state, "non_max_suppression/highway", LongTailAttrs(NonMaxSuppressionAttrs{false, 100}),
      {{boxes},
       {random_floats({1, 80, 8400}, 2, 0, 1)},
       {test::make_tensor<int64_t>({}, {100})},
       {test::make_tensor<float>({}, {0.5f})},
       {test::make_tensor<float>({}, {0.98f})}});
}

#define OCTET_BENCHMARK(name) BENCHMARK(name)->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond)
OCTET_BENCHMARK(scatter_elements);
OCTET_BENCHMARK(scatter_rows);
OCTET_BENCHMARK(scatter_nd_token);
OCTET_BENCHMARK(scatter_nd_prompt);
OCTET_BENCHMARK(tensor_scatter_token);
OCTET_BENCHMARK(grid_sample_picture);
OCTET_BENCHMARK(grid_sample_features);
OCTET_BENCHMARK(roi_align);
OCTET_BENCHMARK(deform_columns);
OCTET_BENCHMARK(top_k_line);
OCTET_BENCHMARK(top_k_lines);
OCTET_BENCHMARK(non_max_suppression);

}  // namespace
}  // namespace octet
