// The plain codes of a quantized layer are gone once its kernel has packed them.
#include <gtest/gtest.h>

#include "kernels/cpu/movement/copy.h"
#include "kernels/cpu/table.h"
#include "kernels/numerics/quantize_weights.h"
#include "kernels/reference/table.h"
#include "runtime/program/compile.h"
#include "runtime/program/select_kernel.h"

namespace octet {
namespace {

constexpr int64_t kN = 48, kK = 32;

// x [batch, K] -> codes, params -> y [batch, N]
Graph quantized_layer(std::shared_ptr<const QuantizedConstant> weights) {
  Graph graph;
  TypeInfo type;
  type.dtype = DType::kF32;
  type.shape = {Dim::symbol("batch"), kK};
  const ValueId x = graph.add_input("x", type);
  const std::vector<ValueId> rows = *graph.add_node("rows", QuantizeRowsAttrs{}, {x});
  QuantizedLinearAttrs attrs;
  attrs.parts = {{"fc", {}, 0, kN}};
  attrs.weights = std::move(weights);
  graph.add_output(*graph.add("fc", attrs, rows), "y");
  return graph;
}

std::shared_ptr<const QuantizedConstant> make_weights() {
  Tensor weights(DType::kF32, Shape{kN, kK});
  float value = -1;
  for (float& weight : weights.elements<float>()) weight = value = value > 1 ? -1 : value + 0.07f;
  return std::make_shared<const QuantizedConstant>(
      *numerics::quantize_weights_per_channel(weights, nullptr));
}

std::shared_ptr<const Program> compile_with(Graph graph, std::vector<Backend> backends) {
  auto program =
      compile(std::move(graph), {.backends = std::move(backends), .copy = make_copy_kernel()});
  EXPECT_TRUE(program.is_ok()) << program.status().message();
  return *program;
}

TEST(PackedCodes, PlainOnesGoWithTheGraph) {
  auto weights = make_weights();
  const std::weak_ptr<const QuantizedConstant> plain = weights;
  const auto program =
      compile_with(quantized_layer(std::move(weights)), {cpu_backend(), reference_backend()});
  EXPECT_TRUE(plain.expired());
  ASSERT_EQ(program->layers.size(), 1u);
  const QuantizedConstant& components = *program->layers[0].components;
  EXPECT_EQ(components.n(), kN);
  EXPECT_EQ(components.k(), kK);
  EXPECT_EQ(components.code_type, DType::kI8);
  EXPECT_FALSE(components.has_codes());
  EXPECT_EQ(components.scale.shape(), Shape{kN});
}

TEST(PackedCodes, ThereWhereAKernelReadsThemPlain) {
  const auto weights = make_weights();
  const auto program = compile_with(quantized_layer(weights), {reference_backend()});
  const auto codes = program->layers[0].components->int_data->load();
  ASSERT_TRUE(codes.is_ok()) << codes.status().message();
  EXPECT_EQ(codes->bytes(), weights->int_data->load()->bytes());
}

TEST(PackedCodes, TheCallersGraphKeepsItsOwn) {
  const Graph graph = quantized_layer(make_weights());
  const auto codes = [&] {
    return graph.nodes()[1].as<QuantizedLinearAttrs>()->weights->int_data->load()->bytes();
  };
  const std::byte* before = codes();
  compile_with(graph, {cpu_backend(), reference_backend()});
  EXPECT_NE(before, nullptr);
  EXPECT_EQ(codes(), before);
}

}  // namespace
}  // namespace octet
