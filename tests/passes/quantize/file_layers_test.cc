// file_layers: layers over coded weights keep the file's codes, and the activations what the file
// makes of them.
#include "runtime/passes/quantize/file_layers.h"

#include "runtime/core/coded_constant.h"
#include "runtime/passes/quantize/read_codes.h"
#include "tests/passes/quantize/code_graph.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

constexpr int64_t kK = 8, kN = 4;

Status run_both(Graph& graph, const PassOptions& options) {
  const PassRow rows[] = {{"read_codes", read_codes}, {"file_layers", file_layers}};
  return run_passes(rows, graph, options);
}

std::vector<std::string> labels_after_both(Graph& graph,
                                           const PassOptions& options = options_with_evaluator()) {
  const Status status = run_both(graph, options);
  EXPECT_TRUE(status.is_ok()) << status.message();
  return op_labels(graph);
}

const QuantizedLinearAttrs& layer_of(const Graph& graph) {
  return *find_node(graph, OpKind::kQuantizedLinear)->as<QuantizedLinearAttrs>();
}

TEST(FileLayers, WeightsAloneAreWeightOnly) {
  CodeGraph g;
  const ValueId src = add_input(g.graph, "x", DType::kF32, {2, kK});
  const Tensor codes = random_integers(DType::kI8, {kK, kN}, 3, -127, 127);
  const Tensor scale = random_floats({kN}, 4, 0.1f, 1);
  const ValueId weights =
      g.dequantize("dq", g.constant("w", codes), g.constant("s", scale), kNoValue, {1, 0});
  g.graph.add_output(g.linear(src, weights), "y");
  EXPECT_THAT(labels_after_both(g.graph), ElementsAre("quantized_linear"));
  const QuantizedLinearAttrs& layer = layer_of(g.graph);
  EXPECT_EQ(layer.scheme.name(), "w8");
  EXPECT_EQ(layer.parts[0].name, "fc");
  const QuantizedTensor kept = layer.weights->load().value();
  EXPECT_EQ(kept.scale.view().as<float>()[2], scale.view().as<float>()[2]);
  for (int64_t n = 0; n < kN; ++n)
    for (int64_t k = 0; k < kK; ++k)
      ASSERT_EQ(kept.int_data.view().as<int8_t>()[n * kK + k],
                codes.view().as<int8_t>()[k * kN + n]);
}

TEST(FileLayers, BlocksAlongTheInputs) {
  CodeGraph g;
  const ValueId src = add_input(g.graph, "x", DType::kF32, {2, kK});
  const Tensor scale = random_floats({2, kN}, 4, 0.1f, 1);
  const Tensor zero_point = random_integers(DType::kI8, {2, kN}, 5, -4, 4);
  const ValueId weights = g.dequantize("dq", g.weight_codes(kK, kN), g.constant("s", scale),
                                       g.constant("z", zero_point), {0, 4});
  g.graph.add_output(g.linear(src, weights), "y");
  EXPECT_THAT(labels_after_both(g.graph), ElementsAre("quantized_linear"));
  const QuantizedTensor kept = layer_of(g.graph).weights->load().value();
  EXPECT_EQ(kept.granularity, Granularity::kBlocked);
  EXPECT_EQ(kept.block_size, 4);
  for (int64_t n = 0; n < kN; ++n)
    for (int64_t block = 0; block < 2; ++block) {
      EXPECT_EQ(kept.scale.view().as<float>()[n * 2 + block],
                scale.view().as<float>()[block * kN + n]);
      EXPECT_EQ(kept.zero_point->view().as<int8_t>()[n * 2 + block],
                zero_point.view().as<int8_t>()[block * kN + n]);
    }
}

struct Static {
  CodeGraph g;
  ValueId src = add_input(g.graph, "x", DType::kF32, {3, kK});
  ValueId codes = g.quantize("q", src, g.scale(0.05f), g.zero_point_u8(120));
  ValueId weights =
      g.dequantize("dqw", g.weight_codes(kK, kN),
                   g.constant("s", random_floats({kN}, 4, 0.01f, 0.1f)), kNoValue, {1, 0});
  ValueId layer(std::vector<ValueId> more = {}) {
    return g.linear(g.dequantize("dq", codes, g.scale(0.05f), g.zero_point_u8(120)), weights,
                    std::move(more));
  }
};

TEST(FileLayers, RangesOfTheFileAreStatic) {
  Static s;
  s.g.graph.add_output(s.layer(), "y");
  const std::vector<Tensor> inputs = {random_floats({3, kK}, 7, -5, 5)};
  ASSERT_TRUE(s.g.graph.normalize().is_ok());
  const Tensor before = (*evaluate_graph(s.g.graph, inputs))[0];
  EXPECT_THAT(labels_after_both(s.g.graph), ElementsAre("quantize", "quantized_linear"));
  EXPECT_EQ(layer_of(s.g.graph).scheme.name(), "w8a8-static");
  EXPECT_EQ(layer_of(s.g.graph).src.zero_point, 120);
  const auto expected = to_doubles(before),
             found = to_doubles((*evaluate_graph(s.g.graph, inputs))[0]);
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-4);
}

// By a product of scales that overflows, sums of 0 would be NaN.
TEST(FileLayers, ScalesWhoseProductOverflowsAreNotMultiplied) {
  CodeGraph g;
  const ValueId src = add_input(g.graph, "x", DType::kF32, {3, kK});
  const ValueId scale = g.scale(1e20f), zero = g.zero_point_u8(0);
  const ValueId rows = g.dequantize("dq", g.quantize("q", src, scale, zero), scale, zero);
  const Tensor scales = make_tensor<float>({kN}, {1, 1e-3f, 1e20f, 2});
  const ValueId weights =
      g.dequantize("dqw", g.weight_codes(kK, kN), g.constant("s", scales), kNoValue, {1, 0});
  g.graph.add_output(g.linear(rows, weights), "y");
  const std::vector<Tensor> inputs = {random_floats({3, kK}, 7, -1, 1)};  // codes of 0
  EXPECT_THAT(labels_after_both(g.graph),
              ElementsAre("quantize", "dequantize", "quantized_linear"));
  EXPECT_TRUE(layer_of(g.graph).scheme.is_weight_only());
  EXPECT_THAT(to_doubles((*evaluate_graph(g.graph, inputs))[0]), testing::Each(0));
}

TEST(FileLayers, TheNextQuantizeIsTheEpilogues) {
  Static s;
  const ValueId codes = s.g.quantize("next", s.layer(), s.g.scale(0.5f), s.g.zero_point_i8(-3));
  s.g.graph.add_output(codes, "y");
  EXPECT_THAT(labels_after_both(s.g.graph), ElementsAre("quantize", "quantized_linear"));
  const Epilogue& epilogue = layer_of(s.g.graph).epilogue;
  EXPECT_EQ(epilogue.output_type, DType::kI8);
  EXPECT_EQ(epilogue.output_scale, 0.5f);
  EXPECT_EQ(epilogue.output_zero_point, -3);
}

TEST(FileLayers, AResultThatOthersReadStaysFloat) {
  Static s;
  const ValueId floats = s.layer();
  s.g.graph.add_output(s.g.quantize("next", floats, s.g.scale(0.5f), s.g.zero_point_i8(-3)), "y");
  s.g.graph.add_output(floats, "z");
  EXPECT_THAT(labels_after_both(s.g.graph),
              ElementsAre("quantize", "quantized_linear", "quantize"));
}

TEST(FileLayers, RangesThatAreFoundAtRunTime) {
  CodeGraph g;
  const ValueId src = add_input(g.graph, "x", DType::kF32, {2, 3, kK});
  const std::vector<ValueId> quantized = g.dynamic_quantize(src);
  const ValueId weights = g.dequantize("dqw", g.weight_codes(kK, kN), g.scale(0.1f));
  g.graph.add_output(
      g.linear(g.dequantize("dq", quantized[0], quantized[1], quantized[2]), weights), "y");
  const std::vector<Tensor> inputs = {random_floats({2, 3, kK}, 7, -2, 5)};
  ASSERT_TRUE(g.graph.normalize().is_ok());
  const Tensor before = (*evaluate_graph(g.graph, inputs))[0];
  EXPECT_THAT(labels_after_both(g.graph),
              ElementsAre("reduce_min", "reduce_max", "quantize_rows", "quantized_linear"));
  EXPECT_EQ(layer_of(g.graph).scheme.activations.range, ActivationRange::kDynamicPerTensor);
  const auto expected = to_doubles(before),
             found = to_doubles((*evaluate_graph(g.graph, inputs))[0]);
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-3);
}

TEST(FileLayers, RequantizedActivationsHaveARangeForEachRow) {
  CodeGraph g;
  const ValueId src = add_input(g.graph, "x", DType::kF32, {2, 3, kK});
  const std::vector<ValueId> quantized = g.dynamic_quantize(src);
  const ValueId weights = g.dequantize("dqw", g.weight_codes(kK, kN), g.scale(0.1f));
  g.graph.add_output(
      g.linear(g.dequantize("dq", quantized[0], quantized[1], quantized[2]), weights), "y");
  PassOptions options = options_with_evaluator();
  options.requantize = true;
  EXPECT_THAT(labels_after_both(g.graph, options),
              ElementsAre("quantize_rows", "quantized_linear"));
  EXPECT_EQ(layer_of(g.graph).scheme.activations.range, ActivationRange::kDynamicPerToken);
}

TEST(FileLayers, WhatNoSchemeHasStaysFloatAndSaysWhy) {
  const auto why = [](ScaleAxis axis, const Shape& scales, DType type) {
    CodeGraph g;
    const ValueId src = add_input(g.graph, "x", DType::kF32, {2, kK});
    const ValueId codes = g.constant("w", random_integers(type, {kK, kN}, 3, 0, 100));
    const ValueId weights =
        g.dequantize("dq", codes, g.constant("s", random_floats(scales, 4, 1, 2)), kNoValue, axis);
    g.graph.add_output(g.linear(src, weights), "y");
    EXPECT_THAT(labels_after_both(g.graph), ElementsAre("linear"));
    return find_node(g.graph, OpKind::kLinear)->as<LinearAttrs>()->why_float;
  };
  EXPECT_THAT(why({0, 0}, {kK}, DType::kI8), HasSubstr("scale for each input feature"));
  EXPECT_THAT(why({1, 2}, {kK, kN / 2}, DType::kI8), HasSubstr("blocks across output features"));
  EXPECT_THAT(why({1, 0}, {kN}, DType::kI16), HasSubstr("int16"));
}

TEST(FileLayers, WeightsInOtherExtentsKeepTheirCodes) {
  for (const ScaleAxis axis : {ScaleAxis{2, 0}, ScaleAxis{1, 4}}) {
    CodeGraph g;
    const ValueId src = add_input(g.graph, "x", DType::kF32, {2, kK});
    const Shape scales = axis.block == 0 ? Shape{kN} : Shape{1, 2, kN};
    const ValueId codes = g.constant("w", random_integers(DType::kI8, {1, kK, kN}, 3, -127, 127));
    const ValueId weights = g.dequantize(
        "dq", codes, g.constant("s", random_floats(scales, 4, 0.1f, 1)), kNoValue, axis);
    const ValueId matrix = add_node(g.graph, "matrix", ReshapeAttrs{{kK, kN}}, {weights});
    g.graph.add_output(g.linear(src, matrix), "y");
    EXPECT_THAT(labels_after_both(g.graph), ElementsAre("quantized_linear"));
    EXPECT_EQ(layer_of(g.graph).weights->block_size, axis.block);
    EXPECT_TRUE(layer_of(g.graph).weights->load().is_ok());
  }
}

// As importers of MatMulNBits and of Octet's own DynamicLinear make them.
TEST(FileLayers, ARuleMakesALayerFloatThatIsOneAlready) {
  for (const bool quantizes_rows : {true, false}) {
    Graph graph;
    const ValueId src = add_input(graph, "x", DType::kF32, {2, kK});
    QuantizedTensor parts;
    parts.int_data = random_integers(DType::kI8, {kN, kK}, 3, -127, 127);
    parts.scale = random_floats({kN}, 4, 0.01f, 0.1f);
    if (quantizes_rows) parts.smoothing = random_floats({kK}, 5, 0.5f, 2);
    QuantizedLinearAttrs attrs;
    attrs.weights = std::make_shared<const QuantizedConstant>(parts);
    attrs.parts = {{"fc", {"w"}, 0, kN}};
    attrs.scheme = quantizes_rows ? QuantizationScheme::w8a8() : QuantizationScheme::w8();
    std::vector<ValueId> inputs = {src, kNoValue};
    if (quantizes_rows) {
      Tensor factors(DType::kF32, Shape{kK});
      for (size_t i = 0; i < kK; ++i)
        factors.elements<float>()[i] = 1 / parts.smoothing->elements<const float>()[i];
      inputs = graph.add_node("rows", QuantizeRowsAttrs{}, {src, add_floats(graph, "f", factors)})
                   .value();
    }
    graph.add_output(add_node(graph, "fc", attrs, inputs), "y");
    const std::vector<Tensor> x = {random_floats({2, kK}, 6)};
    const std::vector<double> before = to_doubles((*evaluate_graph(graph, x))[0]);
    PassOptions options = options_with_evaluator();
    options.quantization.rules = {{"fc", QuantizationScheme::none()}};
    EXPECT_THAT(labels_after_both(graph, options), ElementsAre("linear"));
    const std::vector<double> after = to_doubles((*evaluate_graph(graph, x))[0]);
    for (size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(after[i], before[i], 0.2);
  }
}

TEST(FileLayers, ARuleMayKeepALayerFloat) {
  Static s;
  s.g.graph.add_output(s.layer(), "y");
  PassOptions options = options_with_evaluator();
  options.quantization.rules = {{"f*", QuantizationScheme::none()}};
  EXPECT_THAT(labels_after_both(s.g.graph, options),
              ElementsAre("quantize", "dequantize", "linear"));
}

}  // namespace
}  // namespace octet::test
