// Graphs of codes, scales and zero points for the tests of their passes.
#pragma once

#include <gmock/gmock.h>

#include "tests/passes/pass_testing.h"

namespace octet::test {

// Codes that stand for numbers: the value of Dequantize, with its parameters as constants.
struct CodeGraph {
  Graph graph;

  ValueId constant(const std::string& name, const Tensor& tensor) {
    return add_floats(graph, name, tensor);
  }
  ValueId scale(float value) { return constant("scale", make_tensor<float>({}, {value})); }
  ValueId zero_point_u8(uint8_t value) {
    return constant("zero_point", make_tensor<uint8_t>({}, {value}));
  }
  ValueId zero_point_i8(int8_t value) {
    return constant("zero_point", make_tensor<int8_t>({}, {value}));
  }
  ValueId dequantize(const std::string& name, ValueId codes, ValueId scale,
                     ValueId zero_point = kNoValue, ScaleAxis axis = {}) {
    std::vector<ValueId> inputs = {codes, scale};
    if (zero_point != kNoValue) inputs.push_back(zero_point);
    return add_node(graph, name, DequantizeAttrs{DType::kF32, axis}, inputs);
  }
  ValueId quantize(const std::string& name, ValueId src, ValueId scale, ValueId zero_point) {
    QuantizeAttrs attrs;
    attrs.type = graph.value(zero_point).type.dtype;
    return add_node(graph, name, attrs, {src, scale, zero_point});
  }
  // As DynamicQuantizeLinear is imported: codes, scale, zero point.
  std::vector<ValueId> dynamic_quantize(ValueId src) {
    std::vector<int> axes;
    for (int axis = 0; axis < graph.value(src).type.rank(); ++axis) axes.push_back(axis);
    const ValueId low = add_node(graph, "low", ReduceAttrs{ReduceFunction::kMin, axes, false}, {src}),
                  high = add_node(graph, "high", ReduceAttrs{ReduceFunction::kMax, axes, false}, {src});
    const auto params =
        graph.add_node("params", LongTailAttrs(QuantizationParamsAttrs()), {low, high}).value();
    return {add_node(graph, "codes", QuantizeAttrs{}, {src, params[0], params[1]}), params[0],
            params[1]};
  }
  // Codes of a weight [K, N], as a constant of the graph.
  ValueId weight_codes(int64_t k, int64_t n) {
    return constant("w", random_integers(DType::kI8, {k, n}, 3, -127, 127));
  }
  // Of a linear layer over weights [K, N].
  ValueId linear(ValueId src, ValueId weights, std::vector<ValueId> more = {}) {
    LinearAttrs attrs;
    attrs.layer = {.name = "fc", .aliases = {"w"}};
    std::vector<ValueId> inputs = {src, weights};
    inputs.insert(inputs.end(), more.begin(), more.end());
    return add_node(graph, "fc", attrs, inputs);
  }
};

}  // namespace octet::test
