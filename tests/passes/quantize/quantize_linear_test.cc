// quantize_linear: one QuantizeRows per producer and smoothing, weights per channel, names kept.
#include "runtime/passes/quantize/quantize_linear.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "kernels/numerics/quantize_weights.h"
#include "runtime/passes/match.h"
#include "tests/support/evaluate_graph.h"
#include "tests/support/tensors.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;

constexpr int64_t kN = 5, kK = 8;

PassOptions w8a8(bool smooth = true) {
  PassOptions options;
  options.quantization.standard = QuantizationScheme::w8a8();
  options.smooth_from_norm = smooth;
  options.quantize_weights = [](const Tensor& weights, const WeightScheme&,
                                const float* smoothing) {
    return numerics::quantize_weights_per_channel(weights, smoothing);
  };
  return options;
}

struct LinearGraph {
  Graph graph;
  ValueId src = add_input(graph, "src", DType::kF32, {2, 3, kK});
  ValueId layer(const std::string& name, ValueId input, const Tensor& weights,
                bool transposed = true, std::vector<ValueId> more_inputs = {},
                Activation activation = Activation::kNone) {
    LinearAttrs attrs;
    attrs.weights_transposed = transposed;
    attrs.epilogue.activation = activation;
    attrs.layer = {.name = name, .aliases = {name + ".weight"}};
    std::vector<ValueId> inputs = {input, add_floats(graph, name + ".weight", weights)};
    inputs.insert(inputs.end(), more_inputs.begin(), more_inputs.end());
    const ValueId output = add_node(graph, name, attrs, inputs);
    graph.add_output(output, name);
    return output;
  }
  void quantize(const PassOptions& options) {
    Status status = graph.normalize();
    if (status.is_ok()) status = quantize_linear(graph, options);
    if (status.is_ok()) status = graph.normalize();
    if (status.is_ok()) status = verify(graph);
    ASSERT_TRUE(status.is_ok()) << status.message();
  }
};

Tensor transposed_copy(const Tensor& tensor) {
  const int64_t rows = tensor.shape()[0], columns = tensor.shape()[1];
  Tensor result(DType::kF32, {columns, rows});
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      result.elements<float>()[static_cast<size_t>(j * rows + i)] =
          tensor.elements<const float>()[static_cast<size_t>(i * columns + j)];
  return result;
}

// Of the first layer; load() validates them.
QuantizedTensor weights_of(const Graph& graph) {
  const auto weights =
      find_node(graph, OpKind::kQuantizedLinear)->as<QuantizedLinearAttrs>()->weights->load();
  EXPECT_TRUE(weights.is_ok()) << weights.status().message();
  return *weights;
}

TEST(QuantizeLinear, DoesNothingUnasked) {
  LinearGraph g;
  g.layer("fc", g.src, random_floats({kN, kK}, 1));
  const std::string before = to_string(g.graph);
  ASSERT_NO_FATAL_FAILURE(g.quantize({}));
  EXPECT_EQ(to_string(g.graph), before);
}

TEST(QuantizeLinear, QuantizesRowsOncePerProducer) {
  LinearGraph g;
  g.layer("one", g.src, random_floats({kN, kK}, 1));
  g.layer("two", g.src, random_floats({kN, kK}, 2));
  ASSERT_NO_FATAL_FAILURE(g.quantize(w8a8()));
  EXPECT_THAT(op_labels(g.graph),
              ElementsAre("quantize_rows", "quantized_linear", "quantized_linear"));
}

TEST(QuantizeLinear, BothOrientationsGiveTheReferenceCodes) {
  const Tensor weights = random_floats({kN, kK}, 1);
  const auto expected = numerics::quantize_weights_per_channel(weights, nullptr);
  for (const bool transposed : {true, false}) {
    LinearGraph g;
    g.layer("fc", g.src, transposed ? weights : transposed_copy(weights), transposed);
    ASSERT_NO_FATAL_FAILURE(g.quantize(w8a8()));
    const QuantizedTensor found = weights_of(g.graph);
    EXPECT_THAT(found.int_data.elements<const int8_t>(),
                ::testing::ElementsAreArray(expected->int_data.elements<const int8_t>()));
    EXPECT_THAT(found.scale.elements<const float>(),
                ::testing::ElementsAreArray(expected->scale.elements<const float>()));
  }
}

TEST(QuantizeLinear, TransposesLayersWiderThanABlock) {
  const Tensor weights = random_floats({37, kK}, 1);
  LinearGraph g;
  g.layer("fc", g.src, transposed_copy(weights), false);
  ASSERT_NO_FATAL_FAILURE(g.quantize(w8a8()));
  EXPECT_THAT(weights_of(g.graph).int_data.elements<const int8_t>(),
              ::testing::ElementsAreArray(numerics::quantize_weights_per_channel(weights, nullptr)
                                              ->int_data.elements<const int8_t>()));
}

TEST(QuantizeLinear, KeepsNamesEpilogueAndInputs) {
  LinearGraph g;
  const ValueId bias = add_floats(g.graph, "fc.bias", random_floats({kN}, 2));
  const ValueId residual = add_input(g.graph, "residual", DType::kF32, {2, 3, kN});
  g.layer("fc", g.src, random_floats({kN, kK}, 1), true, {bias, residual}, Activation::kGelu);
  ASSERT_NO_FATAL_FAILURE(g.quantize(w8a8()));
  const Node* layer = find_node(g.graph, OpKind::kQuantizedLinear);
  ASSERT_NE(layer, nullptr);
  const auto* attrs = layer->as<QuantizedLinearAttrs>();
  EXPECT_EQ(layer->name, "fc");
  EXPECT_EQ(layer->inputs.size(), 4u);
  EXPECT_EQ(layer->inputs[2], bias);
  EXPECT_EQ(layer->inputs[3], residual);
  EXPECT_EQ(attrs->epilogue.activation, Activation::kGelu);
  EXPECT_EQ(attrs->scheme, QuantizationScheme::w8a8());
  ASSERT_EQ(attrs->parts.size(), 1u);
  EXPECT_EQ(attrs->parts[0].name, "fc");
  EXPECT_THAT(attrs->parts[0].aliases, ElementsAre("fc.weight"));
  EXPECT_EQ(attrs->parts[0].first_row, 0);
  EXPECT_EQ(attrs->parts[0].rows, kN);
}

TEST(QuantizeLinear, ZeroChannelsQuantize) {
  Tensor weights = random_floats({kN, kK}, 1);
  for (size_t k = 0; k < kK; ++k) weights.elements<float>()[2 * kK + k] = 0;
  LinearGraph g;
  g.layer("fc", g.src, weights);
  ASSERT_NO_FATAL_FAILURE(g.quantize(w8a8()));
  EXPECT_EQ(weights_of(g.graph).scale.elements<const float>()[2], 1);
}

TEST(QuantizeLinear, LayersItCannotQuantizeStayFloat) {
  LinearGraph g;
  Tensor bad = random_floats({kN, kK}, 1), worse = random_floats({kN, kK}, 2);
  bad.elements<float>()[3] = std::nanf("");
  worse.elements<float>()[3] = std::numeric_limits<float>::infinity();
  g.layer("nan", g.src, bad);
  g.layer("inf", g.src, worse);
  const ValueId computed = add_input(g.graph, "computed", DType::kF32, {kN, kK});
  LinearAttrs attrs;
  attrs.weights_transposed = true;
  g.graph.add_output(add_node(g.graph, "computed_layer", attrs, {g.src, computed}),
                     "computed_layer");
  ASSERT_NO_FATAL_FAILURE(g.quantize(w8a8()));
  EXPECT_THAT(op_labels(g.graph), ElementsAre("linear", "linear", "linear"));
}

// The norm of widely different columns feeds a layer: x . W^T must equal (x / s) . (W diag(s))^T.
TEST(QuantizeLinear, SmoothingMovesRangesAndKeepsTheProduct) {
  const Tensor weights = random_floats({kN, kK}, 1);
  const auto smoothed = [&](bool smooth) {
    LinearGraph g;
    const Tensor gamma = make_tensor<float>({kK}, {8, 0.1f, 1, 1, 2, 0.5f, 1, 30});
    const ValueId norm =
        add_node(g.graph, "norm", LayerNormAttrs{}, {g.src, add_floats(g.graph, "gamma", gamma)});
    g.layer("fc", norm, weights);
    g.quantize(w8a8(smooth));
    return std::move(g.graph);
  };
  const Graph plain = smoothed(false), graph = smoothed(true);
  EXPECT_EQ(find_node(plain, OpKind::kQuantizeRows)->inputs.size(), 1u);
  EXPECT_FALSE(weights_of(plain).smoothing);

  const Node* rows = find_node(graph, OpKind::kQuantizeRows);
  ASSERT_EQ(rows->inputs.size(), 2u);
  const QuantizedTensor quantized = weights_of(graph);
  ASSERT_TRUE(quantized.smoothing.has_value());
  ASSERT_TRUE(validate(quantized).is_ok());
  const auto reciprocal = graph.value(rows->inputs[1]).constant->load();
  const auto s = quantized.smoothing->elements<const float>();
  const Tensor back = numerics::dequantize_weights(quantized);
  for (size_t k = 0; k < kK; ++k) {
    // Two roundings: of the reciprocal and of this product.
    EXPECT_NEAR(s[k] * reciprocal->elements<const float>()[k], 1, 2 * 0x1p-24) << k;
    for (size_t n = 0; n < kN; ++n) {
      // Half a step of W diag(s), seen through the division by s, and a few roundings of values of
      // at most 128 steps.
      const double step = quantized.scale.elements<const float>()[n] / s[k];
      EXPECT_NEAR(back.elements<const float>()[n * kK + k],
                  weights.elements<const float>()[n * kK + k], step * (0.5 + 128 * 4 * 0x1p-24));
    }
  }
}

TEST(QuantizeLinear, ReleasesFloatWeightsThatNobodyElseReads) {
  LinearGraph g;
  const ValueId used_once = g.layer("once", g.src, random_floats({kK, kK}, 1));
  const ValueId shared = add_floats(g.graph, "shared", random_floats({kK, kK}, 2));
  LinearAttrs attrs;
  g.graph.add_output(add_node(g.graph, "fc", attrs, {g.src, shared}), "fc");
  g.graph.add_output(add_node(g.graph, "neg", UnaryAttrs{UnaryFunction::kNeg}, {shared}), "neg");
  const ValueId weights = GraphIndex(g.graph).producer(used_once)->inputs[1];
  ASSERT_NO_FATAL_FAILURE(g.quantize(w8a8()));
  EXPECT_EQ(count_nodes(g.graph, OpKind::kQuantizedLinear), 2);
  EXPECT_FALSE(g.graph.value(weights).constant.has_value());
  EXPECT_TRUE(g.graph.value(shared).constant.has_value());
}

TEST(QuantizeLinear, SaysWhichLayersStayFloatAndWhy) {
  LinearGraph g;
  Tensor bad = random_floats({kN, kK}, 1);
  bad.elements<float>()[kK + 3] = std::nanf("");
  g.layer("bad", g.src, bad);
  g.layer("good", g.src, random_floats({kN, kK}, 2));
  std::vector<std::string> warnings;
  PassOptions options = w8a8();
  options.warn = [&](const std::string& text) { warnings.push_back(text); };
  ASSERT_NO_FATAL_FAILURE(g.quantize(options));
  EXPECT_EQ(count_nodes(g.graph, OpKind::kLinear), 1);
  EXPECT_EQ(count_nodes(g.graph, OpKind::kQuantizedLinear), 1);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0],
              ::testing::AllOf(::testing::HasSubstr("\"bad\""), ::testing::HasSubstr("stays float"),
                               ::testing::HasSubstr("weights[1, 3] is nan")));
}

// The weights of several layers are quantized once, for each orientation and smoothing.
TEST(QuantizeLinear, QuantizesSharedWeightsOnce) {
  LinearGraph g;
  const ValueId weights = add_floats(g.graph, "w", random_floats({kK, kK}, 1));
  ValueId y = g.src;
  for (const bool transposed : {false, true, false, true}) {
    LinearAttrs attrs;
    attrs.weights_transposed = transposed;
    y = add_node(g.graph, "fc", attrs, {y, weights});
  }
  const ValueId gamma = add_floats(g.graph, "gamma", random_floats({kK}, 2, 1, 2));
  for (int i = 0; i < 2; ++i)
    y = add_node(g.graph, "fc", LinearAttrs{},
                 {add_node(g.graph, "norm", LayerNormAttrs{}, {y, gamma}), weights});
  g.graph.add_output(y, "y");
  int calls = 0;
  PassOptions options = w8a8();
  SharedStore store;
  options.store = &store;
  options.quantize_weights = [&](const Tensor& tensor, const WeightScheme&,
                                 const float* smoothing) {
    ++calls;
    return numerics::quantize_weights_per_channel(tensor, smoothing);
  };
  ASSERT_NO_FATAL_FAILURE(g.quantize(options));
  EXPECT_EQ(count_nodes(g.graph, OpKind::kQuantizedLinear), 6);
  EXPECT_EQ(calls, 3);
  std::set<const QuantizedConstant*> distinct;
  for (const Node& node : g.graph.nodes())
    if (const auto* attrs = node.as<QuantizedLinearAttrs>()) distinct.insert(attrs->weights.get());
  EXPECT_EQ(distinct.size(), 3u);
  EXPECT_FALSE(g.graph.value(weights).constant.has_value()) << "nobody reads the floats any more";
}

}  // namespace
}  // namespace octet::test
