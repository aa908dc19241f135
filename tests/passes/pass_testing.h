// Runs one pass on a graph and compares what the graph computes before and after.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/reference/table.h"
#include "runtime/passes/pipeline.h"
#include "tests/support/evaluate_graph.h"
#include "tests/support/tensors.h"

namespace octet::test {

inline const Dim batch = Dim::symbol("batch");
inline const Dim seq = Dim::symbol("seq");

inline PassOptions options_with_evaluator() {
  PassOptions options;
  options.evaluate = [](const Attributes& attributes, std::span<const Tensor> inputs) {
    return evaluate_reference(attributes, inputs);
  };
  return options;
}

// The labels of the nodes after the pass, in order. Fails the test when the pass fails or breaks
// the graph.
inline std::vector<std::string> labels_after(
    Graph& graph, PassFunction pass, const PassOptions& options = options_with_evaluator()) {
  const PassRow row{"pass", pass};
  const Status status = run_passes(std::span<const PassRow>(&row, 1), graph, options);
  EXPECT_TRUE(status.is_ok()) << status.message() << "\n" << to_string(graph);
  return op_labels(graph);
}

// Runs the pass on a graph of constant shapes and float inputs; expects every output element within
// `tolerance` * (1 + |expected|) of what it was.
inline void expect_same_results(Graph& graph, PassFunction pass, double tolerance) {
  ASSERT_TRUE(graph.normalize().is_ok());
  std::vector<Tensor> inputs;
  for (ValueId id : graph.inputs())
    inputs.push_back(random_floats(*to_constant(graph.value(id).type.shape),
                                   static_cast<uint64_t>(id) + 7, -3, 3));
  const auto before = evaluate_graph(graph, inputs);
  ASSERT_TRUE(before.is_ok()) << before.status().message();
  labels_after(graph, pass);
  const auto after = evaluate_graph(graph, inputs);
  ASSERT_TRUE(after.is_ok()) << after.status().message();
  ASSERT_EQ(before->size(), after->size());
  for (size_t i = 0; i < before->size(); ++i) {
    const auto expected = to_doubles((*before)[i]), found = to_doubles((*after)[i]);
    ASSERT_EQ(expected.size(), found.size());
    for (size_t j = 0; j < expected.size(); ++j)
      ASSERT_LE(std::abs(found[j] - expected[j]), tolerance * (1 + std::abs(expected[j])))
          << "element " << j;
  }
}

inline ValueId add_scalar(Graph& graph, float value, int rank = 0) {
  Shape shape;
  for (int i = 0; i < rank; ++i) shape.push_back(1);
  return add_floats(graph, "scalar", Tensor::from<float>(std::span<const float>(&value, 1), shape));
}

inline ValueId add_unary(Graph& graph, UnaryFunction function, ValueId src) {
  return add_node(graph, unary_name(function), UnaryAttrs{function}, {src});
}
inline ValueId add_binary(Graph& graph, BinaryFunction function, ValueId lhs, ValueId rhs) {
  return add_node(graph, binary_name(function), BinaryAttrs{function}, {lhs, rhs});
}
inline ValueId add_mul(Graph& graph, ValueId lhs, ValueId rhs) {
  return add_binary(graph, BinaryFunction::kMul, lhs, rhs);
}
inline ValueId add_add(Graph& graph, ValueId lhs, ValueId rhs) {
  return add_binary(graph, BinaryFunction::kAdd, lhs, rhs);
}

}  // namespace octet::test
