// A graph that is compiled later with a model's store: its weights are found as they were packed,
// and nothing is read or quantized again.
#include <gtest/gtest.h>

#include "kernels/cpu/movement/copy.h"
#include "kernels/cpu/table.h"
#include "kernels/numerics/quantize_weights.h"
#include "kernels/reference/table.h"
#include "runtime/passes/pipeline.h"
#include "runtime/program/compile.h"
#include "tests/support/evaluate_graph.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

constexpr int64_t kSize = 64;

// One layer over `weights`.
std::shared_ptr<const Program> make_stage(const Constant& weights, SharedStore& store,
                                          int& quantized) {
  Graph graph;
  const ValueId x = add_input(graph, "x", DType::kF32, {3, kSize});
  const ValueId w = *graph.add_constant("w", weights);
  graph.add_output(add_node(graph, "fc", MatMulAttrs{}, {x, w}), "y");
  PassOptions options;
  options.quantization.standard = QuantizationScheme::w8a8();
  options.store = &store;
  options.quantize_weights = [&](const Tensor& tensor, const WeightScheme&,
                                 const float* smoothing) {
    ++quantized;
    return numerics::quantize_weights_per_channel(tensor, smoothing);
  };
  Status status = run_passes(graph, options);
  EXPECT_TRUE(status.is_ok()) << status.message();
  auto program = compile(std::move(graph), {.backends = {cpu_backend(), reference_backend()},
                                            .copy = make_copy_kernel(),
                                            .store = &store});
  EXPECT_TRUE(program.is_ok()) << program.status().message();
  return *program;
}

const PackedWeights* packed_weights(const Program& program) {
  for (const Step& step : program.steps)
    if (const auto* region = std::get_if<RegionStep>(&step))
      for (const RegionNode& node : region->nodes)
        if (const PackedWeights* packed = node.kernel->packed_weights()) return packed;
  return nullptr;
}

TEST(LaterStage, FindsPackedWeights) {
  const Constant weights(random_floats({kSize, kSize}, 1));
  SharedStore store;
  int quantized = 0;
  auto first = make_stage(weights, store, quantized);
  EXPECT_EQ(quantized, 1);
  const auto second = make_stage(weights, store, quantized);
  EXPECT_EQ(quantized, 1);
  ASSERT_NE(packed_weights(*first), nullptr);
  EXPECT_EQ(packed_weights(*first), packed_weights(*second));
  EXPECT_EQ(first->layers[0].components, second->layers[0].components);
  // What nobody uses any more is made anew.
  std::shared_ptr<const Program> other =
      make_stage(Constant(random_floats({kSize, kSize}, 2)), store, quantized);
  EXPECT_EQ(quantized, 2);
  EXPECT_NE(packed_weights(*first), packed_weights(*other));
}

}  // namespace
}  // namespace octet::test
