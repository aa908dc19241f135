// Reads the weights of float linear layers in one orientation.
#pragma once

#include <vector>

#include "runtime/graph/graph.h"

namespace octet {

// Whether the weights of a Linear are a constant with at least one element, so that they can be
// read and quantized.
bool has_constant_weights(const Graph& graph, const Node& linear);

// What the weights of a Linear are, as [N, K]. Precondition: has_constant_weights().
SharedKey linear_weights_key(const Graph& graph, const Node& linear);

// Reads one layer at a time, and transposes in memory that the next layer uses again: fresh memory
// costs more than the transposition.
class LinearWeightsReader {
 public:
  // The weights of a Linear as [N, K] f32, row-major. Good until the next call or the reader's end.
  // Precondition: has_constant_weights(). Error: kIoError, with the node in front.
  Result<Tensor> load(const Graph& graph, const Node& linear);

 private:
  std::vector<float> transposed_;
};

// For each column k, the maximum over n in [first_row, first_row + rows) of |W[n, k]|.
// Precondition: has_constant_weights(), and the rows exist. Error: kIoError, with the node in
// front.
Result<std::vector<float>> largest_weights(const Graph& graph, const Node& linear,
                                           int64_t first_row, int64_t rows);

}  // namespace octet
