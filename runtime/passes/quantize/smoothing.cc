// Smoothing factors and which layers share them.
#include "runtime/passes/quantize/smoothing.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <unordered_set>

#include "runtime/passes/attention/attention_feeds.h"
#include "runtime/passes/linear/linear_weights.h"

namespace octet {
namespace {

constexpr float kLargestFactor =
    1024;  // beyond, a column is dead or a mistake, and x / s would only lose bits

// A range of the rows of a layer's weights.
struct WeightRows {
  const Node* linear;
  int64_t first = 0;
  int64_t count = 0;
};

using Factors = std::shared_ptr<const std::vector<float>>;

// largest_weights(), read once where many layers have the same weights.
class LargestWeights {
 public:
  Result<std::vector<float>> of(const Graph& graph, const WeightRows& rows) {
    const SharedKey key = linear_weights_key(graph, *rows.linear);
    if (!key.is_known()) return largest_weights(graph, *rows.linear, rows.first, rows.count);
    const std::tuple place(key, rows.first, rows.count);
    if (const auto found = known_.find(place); found != known_.end()) return found->second;
    OCTET_ASSIGN_OR_RETURN(std::vector<float> largest,
                           largest_weights(graph, *rows.linear, rows.first, rows.count));
    return known_[place] = std::move(largest);
  }

 private:
  std::map<std::tuple<SharedKey, int64_t, int64_t>, std::vector<float>> known_;
};

// The elements of a rank-1 f32 constant; nullopt for anything else.
Result<std::optional<std::vector<float>>> load_vector(const Graph& graph, ValueId id) {
  const auto& constant = graph.value(id).constant;
  if (!constant || constant->dtype() != DType::kF32 || constant->shape().rank() != 1)
    return std::optional<std::vector<float>>();
  OCTET_ASSIGN_OR_RETURN(const Tensor tensor, constant->load());
  const auto elements = tensor.elements<const float>();
  return std::optional(std::vector<float>(elements.begin(), elements.end()));
}

// The Linear layers that read `norm_output` or a reshape of it that keeps the last axis.
std::vector<const Node*> linear_readers(const Graph& graph, const GraphIndex& index,
                                        ValueId norm_output) {
  std::vector<const Node*> layers;
  std::unordered_set<const Node*> seen;
  std::vector<ValueId> pending = {norm_output};
  while (!pending.empty()) {
    const ValueId value = pending.back();
    pending.pop_back();
    for (const Node* reader : index.users(value)) {
      const bool is_source = reader->inputs[0] == value;
      if (reader->as<LinearAttrs>() != nullptr && is_source &&
          has_constant_weights(graph, *reader) && seen.insert(reader).second)
        layers.push_back(reader);
      if (reader->as<ReshapeAttrs>() != nullptr &&
          graph.value(reader->outputs[0]).type.rank() > 0 &&
          graph.value(reader->outputs[0]).type.shape.back() == graph.value(value).type.shape.back())
        pending.push_back(reader->outputs[0]);
    }
  }
  return layers;
}

// The one attention that all `layers` feed and nothing else; nullptr where it is not so.
const Node* common_attention(const Graph& graph, const GraphIndex& index,
                             const std::vector<const Node*>& layers) {
  const Node* attention = nullptr;
  for (const Node* layer : layers) {
    const auto inputs = fed_attention_inputs(graph, index, layer->outputs[0]);
    if (!inputs) return nullptr;
    for (const AttentionInput& input : *inputs) {
      if (attention != nullptr && attention != input.attention) return nullptr;
      attention = input.attention;
    }
  }
  return attention;
}

WeightRows all_rows(const Graph& graph, const Node& layer) {
  const Shape& shape = graph.value(layer.inputs[1]).constant->shape();
  return {&layer, 0, shape[layer.as<LinearAttrs>()->weights_transposed ? 0 : 1]};
}

// The rows of `layer` that make v of `attention`, where v is a Slice of its last axis; else all
// rows.
WeightRows value_rows(const Graph& graph, const GraphIndex& index, const Node& layer,
                      const Node& attention) {
  ValueId value = attention.inputs[2];
  const Node* slice = nullptr;
  while (value != layer.outputs[0]) {
    slice = index.producer(value);
    value = slice->inputs[0];
  }
  WeightRows rows = all_rows(graph, layer);
  const auto* attrs = slice ? slice->as<SliceAttrs>() : nullptr;
  if (attrs == nullptr) return rows;
  const Dim &start = attrs->starts.back(), &count = attrs->counts.back();
  const bool only_last = graph.value(layer.outputs[0]).type.shape.size() == attrs->starts.size() &&
                         attrs->steps.back() == 1 && start.is_constant() && count.is_constant();
  if (only_last) rows = {&layer, start.value(), count.value()};
  return rows;
}

// Whose weights decide; linear == nullptr: none.
WeightRows deciding_rows(const Graph& graph, const GraphIndex& index,
                         const std::vector<const Node*>& layers) {
  if (const Node* attention = common_attention(graph, index, layers)) {
    const ValueId value = source_of_views(index, attention->inputs[2]);
    for (const Node* layer : layers)
      if (layer->outputs[0] == value) return value_rows(graph, index, *layer, *attention);
  }
  if (layers.size() != 1) return {nullptr};
  return all_rows(graph, *layers[0]);
}

}  // namespace

std::vector<float> smoothing_factors(std::span<const float> activations,
                                     std::span<const float> weights) {
  assert(activations.size() == weights.size());
  std::vector<double> logarithms(activations.size());
  double sum = 0;
  size_t counted = 0;
  for (size_t i = 0; i < activations.size(); ++i) {
    const double ratio = static_cast<double>(activations[i]) / static_cast<double>(weights[i]);
    const bool usable = std::isfinite(ratio) && ratio > 0;
    logarithms[i] = usable ? 0.5 * std::log(ratio) : std::nan("");
    if (!usable) continue;
    sum += logarithms[i];
    ++counted;
  }
  const double mean = counted == 0 ? 0 : sum / static_cast<double>(counted);
  std::vector<float> factors(activations.size(), 1.0f);
  for (size_t i = 0; i < factors.size(); ++i) {
    if (std::isnan(logarithms[i])) continue;
    factors[i] = std::clamp(static_cast<float>(std::exp(logarithms[i] - mean)), 1 / kLargestFactor,
                            kLargestFactor);
  }
  return factors;
}

std::vector<float> norm_activations(std::span<const float> gamma, std::span<const float> beta) {
  std::vector<float> activations(gamma.size());
  for (size_t i = 0; i < gamma.size(); ++i)
    activations[i] = 3 * std::abs(gamma[i]) + (beta.empty() ? 0.0f : std::abs(beta[i]));
  return activations;
}

Result<SmoothingPlan> plan_smoothing(const Graph& graph, const GraphIndex& index) {
  SmoothingPlan plan;
  LargestWeights largest;
  std::map<std::vector<float>, Factors> known;  // equal factors are one vector
  for (const Node& norm : graph.nodes()) {
    if (norm.as<LayerNormAttrs>() == nullptr) continue;
    OCTET_ASSIGN_OR_RETURN(const auto gamma, load_vector(graph, norm.inputs[1]));
    std::optional<std::vector<float>> beta(std::in_place);
    if (norm.inputs.size() > 2 && norm.inputs[2] != kNoValue) {
      OCTET_ASSIGN_OR_RETURN(beta, load_vector(graph, norm.inputs[2]));
    }
    if (!gamma || !beta) continue;
    const std::vector<const Node*> layers = linear_readers(graph, index, norm.outputs[0]);
    const WeightRows rows = deciding_rows(graph, index, layers);
    if (rows.linear == nullptr) continue;
    OCTET_ASSIGN_OR_RETURN(const std::vector<float> weights, largest.of(graph, rows));
    if (weights.size() != gamma->size()) continue;
    std::vector<float> made = smoothing_factors(norm_activations(*gamma, *beta), weights);
    Factors& factors = known[made];
    if (factors == nullptr) factors = std::make_shared<const std::vector<float>>(std::move(made));
    for (const Node* layer : layers) plan[layer->outputs[0]] = factors;
  }
  return plan;
}

}  // namespace octet
