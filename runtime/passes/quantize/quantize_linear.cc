// Quantizes the weights of linear layers and makes the nodes that quantize their rows.
#include "runtime/passes/quantize/quantize_linear.h"

#include <utility>

#include "runtime/core/quantized_store.h"
#include "runtime/passes/linear/linear_weights.h"
#include "runtime/passes/quantize/smoothing.h"

namespace octet {
namespace {

using Smoothing = std::shared_ptr<const std::vector<float>>;

// Codes and params of a QuantizeRows node.
struct QuantizedRows {
  ValueId codes, params;
};

class RowQuantizers {
 public:
  Result<QuantizedRows> rows(Graph& graph, ValueId src, const Smoothing& smoothing) {
    const auto key = std::pair(src, smoothing.get());
    if (const auto found = made_.find(key); found != made_.end()) return found->second;
    const std::string name = graph.value(src).name + "/quantize";
    std::vector<ValueId> inputs = {src};
    if (smoothing) {
      OCTET_ASSIGN_OR_RETURN(const ValueId factors, reciprocal(graph, name, smoothing));
      inputs.push_back(factors);
    }
    OCTET_ASSIGN_OR_RETURN(
        const std::vector<ValueId> outputs,
        graph.add_node(name, QuantizeRowsAttrs{}, inputs, {name + "/codes", name + "/params"}));
    return made_[key] = {outputs[0], outputs[1]};
  }

 private:
  Result<ValueId> reciprocal(Graph& graph, const std::string& name, const Smoothing& smoothing) {
    if (const auto found = reciprocals_.find(smoothing.get()); found != reciprocals_.end())
      return found->second;
    std::vector<float> values;
    for (const float factor : *smoothing) values.push_back(1 / factor);
    const Shape shape{static_cast<int64_t>(values.size())};
    OCTET_ASSIGN_OR_RETURN(
        const ValueId constant,
        graph.add_constant(name + "/reciprocal_smoothing",
                           Constant(Tensor::from<float>(std::span<const float>(values), shape))));
    return reciprocals_[smoothing.get()] = constant;
  }

  std::map<std::pair<ValueId, const void*>, QuantizedRows> made_;
  std::map<const void*, ValueId> reciprocals_;
};

// Quantizes the weights of layers, those of several layers once.
class WeightQuantizer {
 public:
  WeightQuantizer(const PassOptions& options, SharedStore& store)
      : options_(options), store_(store) {}

  // kInvalidArgument: they can't be quantized, and the message says why.
  Result<std::shared_ptr<const QuantizedTensor>> quantize(const Graph& graph, const Node& linear,
                                                          const Smoothing& smoothing) {
    SharedKey key = linear_weights_key(graph, linear).with("w8: s8 per channel, symmetric");
    if (smoothing) key = key.with("smoothed by", std::as_bytes(std::span(*smoothing)));
    if (auto found = find_quantized(store_, key)) return found;
    OCTET_ASSIGN_OR_RETURN(const Tensor weights, reader_.load(graph, linear));
    OCTET_ASSIGN_OR_RETURN(
        QuantizedTensor quantized,
        options_.quantize_weights(weights, smoothing ? smoothing->data() : nullptr));
    quantized.key = key;
    return store_.share<QuantizedTensor>(
        key, std::make_shared<const QuantizedTensor>(std::move(quantized)));
  }

 private:
  const PassOptions& options_;
  SharedStore& store_;
  LinearWeightsReader reader_;
};

// Lets the float weights go with the last layer that was quantized from them.
class FloatWeights {
 public:
  explicit FloatWeights(const Graph& graph) : readers_(graph.value_count()) {
    for (const Node& node : graph.nodes())
      for (const ValueId id : node.inputs)
        if (id != kNoValue) ++readers_[static_cast<size_t>(id)];
    for (const ValueId id : graph.outputs()) ++readers_[static_cast<size_t>(id)];
  }
  void quantized(Graph& graph, ValueId weights) {
    if (--readers_[static_cast<size_t>(weights)] == 0) graph.value(weights).constant.reset();
  }

 private:
  std::vector<int> readers_;  // by ValueId
};

}  // namespace

Status quantize_linear(Graph& graph, const PassOptions& options) {
  if (!options.quantize_w8a8) return Status::ok();
  assert(options.quantize_weights);
  const GraphIndex index(graph);
  SmoothingPlan plan;
  if (options.smooth_from_norm) {
    OCTET_ASSIGN_OR_RETURN(plan, plan_smoothing(graph, index));
  }
  RowQuantizers quantizers;
  SharedStore own;
  WeightQuantizer quantizer(options, options.store != nullptr ? *options.store : own);
  FloatWeights float_weights(graph);
  const size_t original_nodes = graph.nodes().size();
  for (size_t i = 0; i < original_nodes; ++i) {
    const Node linear = graph.nodes()[i];
    const auto* attrs = linear.as<LinearAttrs>();
    if (attrs == nullptr || !has_constant_weights(graph, linear)) continue;
    const auto planned = plan.find(linear.outputs[0]);
    const Smoothing smoothing = planned == plan.end() ? nullptr : planned->second;
    const auto weights = quantizer.quantize(graph, linear, smoothing);
    if (weights.status().code() == StatusCode::kInvalidArgument) {
      if (options.warn)
        options.warn("node \"" + linear.name +
                     "\" (linear) stays float: " + weights.status().message());
      continue;
    }
    if (!weights.is_ok())
      return weights.status().with_prefix("node \"" + linear.name + "\" (linear)");
    OCTET_ASSIGN_OR_RETURN(const QuantizedRows rows,
                           quantizers.rows(graph, linear.inputs[0], smoothing));

    QuantizedLinearAttrs quantized;
    quantized.weights = *weights;
    quantized.epilogue = attrs->epilogue;
    quantized.parts = {attrs->layer};
    quantized.parts[0].first_row = 0;
    quantized.parts[0].rows = quantized.weights->n();
    std::vector<ValueId> inputs = {rows.codes, rows.params};
    inputs.insert(inputs.end(), linear.inputs.begin() + 2, linear.inputs.end());
    OCTET_RETURN_IF_ERROR(replace_with(graph, linear.outputs[0], linear.name, quantized, inputs));
    float_weights.quantized(graph, linear.inputs[1]);
  }
  return Status::ok();
}

}  // namespace octet
