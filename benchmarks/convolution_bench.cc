// Convolutions and pooling on one thread, with the shapes of well-known networks, one image.
//
// items_per_second counts floating-point operations: two for each multiply-add that the definition
// has, padding included.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "kernels/cpu/table.h"
#include "tests/support/kernel_runner.h"
#include "tests/support/tensors.h"

namespace octet {
namespace {

// Runs the first row of the table that takes the node.
void run_tasks(benchmark::State& state, Attributes attributes, std::vector<test::NodeInput> inputs,
               int64_t operations_per_element) {
  auto node = test::NodeUnderTest::create(std::move(attributes), std::move(inputs));
  if (!node.is_ok()) return state.SkipWithError(node.status().message().c_str());
  const KernelRequest request = node->request();
  const OpKind op = op_kind(node->attributes());
  for (const KernelRow& row : cpu_kernels()) {
    if (row.op != op || !row.accept(request).is_yes()) continue;
    auto made = row.make(request);
    if (!made.is_ok()) return state.SkipWithError(made.status().message().c_str());
    const auto& kernel = *std::get<std::unique_ptr<TaskKernel>>(*made);
    std::vector<TensorView> in;
    for (const test::NodeInput& input : node->inputs()) in.push_back(input.tensor.view());
    const Tensor dst(DType::kF32, node->output_shape(0));
    const TensorView out[] = {dst.view()};
    const TaskArgs args{in, out};
    const std::vector<OperandShape> in_shapes = shapes_of(in), out_shapes = shapes_of(out);
    const TaskShapes shapes{in_shapes, out_shapes};
    const auto scratch = allocate_buffer(kernel.scratch_bytes(shapes));
    const auto own = kernel.make_state();
    const int64_t tasks = kernel.task_count(shapes, 1);
    for (auto _ : state)
      for (int64_t task = 0; task < tasks; ++task)
        if (!kernel.run(args, task, tasks, scratch.get(), own.get()).is_ok())
          return state.SkipWithError("the kernel failed");
    state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * dst.element_count() *
                            operations_per_element);
    state.SetLabel(row.name);
    return;
  }
  state.SkipWithError("no row of the table takes the node");
}

Window window_of(int64_t kernel, int64_t stride) {
  const int64_t pad = kernel == 4 ? 0 : (kernel - 1) / 2;
  return {.kernel = {kernel, kernel},
          .strides = {stride, stride},
          .dilations = {1, 1},
          .padding = Padding::kExplicit,
          .begins = {pad, pad},
          .ends = {pad, pad},
          .ceil_mode = false};
}

// Arguments: channels, extent of src, channels of dst, kernel, stride, groups.
void convolution(benchmark::State& state) {
  const int64_t channels = state.range(0), extent = state.range(1), dst_channels = state.range(2),
                kernel = state.range(3), groups = state.range(5);
  ConvAttrs attrs;
  attrs.window = window_of(kernel, state.range(4));
  attrs.groups = groups;
  run_tasks(state, attrs,
            {{test::random_floats({1, channels, extent, extent}, 1)},
             {test::random_floats({dst_channels, channels / groups, kernel, kernel}, 2), true},
             {test::random_floats({dst_channels}, 3), true}},
            2 * channels / groups * kernel * kernel);
}

// Arguments: channels, extent of src, kernel, stride, function.
void pooling(benchmark::State& state) {
  PoolAttrs attrs;
  attrs.function = state.range(4) == 0 ? PoolFunction::kMax : PoolFunction::kAverage;
  attrs.window = window_of(state.range(2), state.range(3));
  run_tasks(state, attrs,
            {{test::random_floats({1, state.range(0), state.range(1), state.range(1)}, 1)}},
            state.range(2) * state.range(2));
}

BENCHMARK(convolution)
    ->Args({3, 224, 64, 7, 2, 1})
    ->Args({64, 56, 64, 3, 1, 1})
    ->Args({64, 56, 128, 3, 2, 1})
    ->Args({128, 28, 128, 3, 1, 1})
    ->Args({256, 14, 256, 3, 1, 1})
    ->Args({512, 7, 512, 3, 1, 1})
    ->Args({64, 56, 256, 1, 1, 1})
    ->Args({1024, 14, 256, 1, 1, 1})
    ->Args({3, 224, 96, 4, 4, 1})
    ->Args({128, 56, 128, 3, 1, 32})
    ->Args({96, 56, 96, 7, 1, 96})
    ->Args({384, 14, 384, 7, 1, 384})
    ->Args({144, 56, 144, 3, 2, 144});
BENCHMARK(pooling)->Args({64, 112, 3, 2, 0})->Args({256, 14, 3, 1, 1});

}  // namespace
}  // namespace octet

BENCHMARK_MAIN();
