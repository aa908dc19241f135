// Chooses the smoothing of quantized layers from the norm that feeds them, without data.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "runtime/passes/match.h"

namespace octet {

// s_k = sqrt(activation_k / weight_k), scaled to geometric mean 1 and held within [2^-10, 2^10],
// where activation_k is how large column k of the activations gets and weight_k how large column k
// of the weights is. W * diag(s) and x / s spread the ranges evenly between weights and activations
// (as SmoothQuant does with alpha 1/2, Xiao et al. 2022). A column whose ratio is 0 or not finite
// has s_k = 1 and no part in the mean.
std::vector<float> smoothing_factors(std::span<const float> activations,
                                     std::span<const float> weights);

// How large the columns of a LayerNorm's output get: 3 |gamma_k| + |beta_k|, three standard
// deviations around beta. `beta` may be empty.
std::vector<float> norm_activations(std::span<const float> gamma, std::span<const float> beta);

// For each Linear to be smoothed, by its output value: its s [K]; layers that share s share the
// pointer.
using SmoothingPlan = std::map<ValueId, std::shared_ptr<const std::vector<float>>>;

// Looks at every LayerNorm with constant gamma and beta and the Linear layers that read its output
// (through Reshape that keeps the last axis). weight_k is the maximum over n of |W[n, k]|
// - of the value projection, where the layers project into one Attention (chosen by q, k and v
// together, little is gained);
//   where one layer makes q, k and v, of its rows for v;
// - of the layer itself, where there is one.
// Others are left out. Error: kIoError.
Result<SmoothingPlan> plan_smoothing(const Graph& graph, const GraphIndex& index);

}  // namespace octet
