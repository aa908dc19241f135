// Weights of linear layers as [N, K].
#include "runtime/passes/linear/linear_weights.h"

#include <algorithm>
#include <cmath>

#include "runtime/passes/linear/transpose.h"

namespace octet {
namespace {

Result<Tensor> load_constant(const Graph& graph, const Node& linear) {
  Result<Tensor> weights = graph.value(linear.inputs[1]).constant->load();
  if (weights.is_ok()) return weights;
  return weights.status().with_prefix("node \"" + linear.name + "\" (linear)");
}

}  // namespace

bool has_constant_weights(const Graph& graph, const Node& linear) {
  const auto& constant = graph.value(linear.inputs[1]).constant;
  return constant && constant->dtype() == DType::kF32 && constant->shape().rank() == 2 &&
         constant->shape().element_count() > 0;
}

SharedKey linear_weights_key(const Graph& graph, const Node& linear) {
  const bool by_row = linear.as<LinearAttrs>()->weights_transposed;
  return graph.value(linear.inputs[1]).constant->key().with(by_row ? "as [N, K]" : "as [K, N]");
}

Result<Tensor> LinearWeightsReader::load(const Graph& graph, const Node& linear) {
  OCTET_ASSIGN_OR_RETURN(const Tensor weights, load_constant(graph, linear));
  if (linear.as<LinearAttrs>()->weights_transposed) return weights;
  const int64_t k = weights.shape()[0], n = weights.shape()[1];
  transposed_.resize(static_cast<size_t>(n * k));
  transpose(weights.elements<const float>().data(), k, n, transposed_.data());
  return Tensor(nullptr, contiguous_view(transposed_.data(), DType::kF32, Shape{n, k}));
}

Result<std::vector<float>> largest_weights(const Graph& graph, const Node& linear,
                                           int64_t first_row, int64_t rows) {
  OCTET_ASSIGN_OR_RETURN(const Tensor tensor, load_constant(graph, linear));
  const bool by_row = linear.as<LinearAttrs>()->weights_transposed;
  const int64_t k = tensor.shape()[by_row ? 1 : 0];
  const float* weights = tensor.elements<const float>().data();
  const int64_t row_stride = by_row ? k : 1, column_stride = by_row ? 1 : tensor.shape()[1];
  std::vector<float> largest(static_cast<size_t>(k), 0.0f);
  const auto take = [&](int64_t row, int64_t column) {
    float& value = largest[static_cast<size_t>(column)];
    value = std::max(value, std::abs(weights[row * row_stride + column * column_stride]));
  };
  // The loop over what lies together is the inner one.
  if (by_row) {
    for (int64_t row = first_row; row < first_row + rows; ++row)
      for (int64_t column = 0; column < k; ++column) take(row, column);
  } else {
    for (int64_t column = 0; column < k; ++column)
      for (int64_t row = first_row; row < first_row + rows; ++row) take(row, column);
  }
  return largest;
}

}  // namespace octet
