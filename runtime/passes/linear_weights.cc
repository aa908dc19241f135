// Weights of linear layers as [N, K].
#include "runtime/passes/linear_weights.h"

#include <algorithm>

namespace octet {
namespace {

// A block of 16 columns is one cache line of each row read.
constexpr int64_t kBlock = 16;

Tensor transposed(const Tensor& source) {
  const int64_t rows = source.shape()[0], columns = source.shape()[1];
  Tensor result(DType::kF32, Shape{columns, rows});
  const float* src = source.view().as<const float>();
  float* dst = result.view().as<float>();
  for (int64_t first = 0; first < columns; first += kBlock) {
    const int64_t last = std::min(first + kBlock, columns);
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = first; column < last; ++column)
        dst[column * rows + row] = src[row * columns + column];
  }
  return result;
}

}  // namespace

bool has_constant_weights(const Graph& graph, const Node& linear) {
  const auto& constant = graph.value(linear.inputs[1]).constant;
  return constant && constant->dtype() == DType::kF32 && constant->shape().rank() == 2 &&
         constant->shape().element_count() > 0;
}

Result<Tensor> load_weights(const Graph& graph, const Node& linear) {
  Result<Tensor> weights = graph.value(linear.inputs[1]).constant->load();
  if (!weights.is_ok())
    return weights.status().with_prefix("node \"" + linear.name + "\" (linear)");
  return linear.as<LinearAttrs>()->weights_transposed ? *weights : transposed(*weights);
}

}  // namespace octet
