// Imported graphs computed by the reference kernels.
#pragma once

#include "tests/loaders/model_builder.h"
#include "tests/support/evaluate_graph.h"

namespace octet::test {

inline Tensor floats(const Shape& shape, const std::vector<float>& values) {
  return Tensor::from(std::span<const float>(values), shape);
}
inline Tensor int32s(const Shape& shape, const std::vector<int32_t>& values) {
  return Tensor::from(std::span<const int32_t>(values), shape);
}
inline Tensor int64s(const Shape& shape, const std::vector<int64_t>& values) {
  return Tensor::from(std::span<const int64_t>(values), shape);
}

// The elements of all outputs, one after the other. Precondition: all shapes are constant.
template <class T>
std::vector<T> outputs_of(const ModelBuilder& model, const std::vector<Tensor>& inputs) {
  const Graph graph = loaded(model);
  const auto results = evaluate_graph(graph, inputs);
  EXPECT_TRUE(results.is_ok()) << results.status().message();
  if (!results.is_ok() || results->empty()) return {};
  std::vector<T> values;
  for (const Tensor& tensor : *results)
    for (const T value : tensor.elements<const T>()) values.push_back(value);
  return values;
}

}  // namespace octet::test
