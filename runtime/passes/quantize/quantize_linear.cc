// Quantizes the weights of linear layers and makes the nodes that quantize their rows.
#include "runtime/passes/quantize/quantize_linear.h"

#include <cmath>
#include <utility>

#include "runtime/core/quantized_constant.h"
#include "runtime/passes/linear/linear_weights.h"
#include "runtime/passes/quantize/float_products.h"
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
  Result<std::shared_ptr<const QuantizedConstant>> quantize(const Graph& graph, const Node& linear,
                                                            const WeightScheme& scheme,
                                                            const Smoothing& smoothing) {
    SharedKey key =
        linear_weights_key(graph, linear)
            .with("quantized: " + std::string(element_type_name(scheme.type)) + " " +
                  granularity_name(scheme.granularity) + " " + std::to_string(scheme.block));
    if (smoothing) key = key.with("smoothed by", std::as_bytes(std::span(*smoothing)));
    if (auto found = find_quantized(store_, key)) return found;
    OCTET_ASSIGN_OR_RETURN(const Tensor weights, reader_.load(graph, linear));
    OCTET_ASSIGN_OR_RETURN(
        const QuantizedTensor quantized,
        options_.quantize_weights(weights, scheme, smoothing ? smoothing->data() : nullptr));
    return store_.share<QuantizedConstant>(
        key, std::make_shared<const QuantizedConstant>(quantized, key));
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

// Makes the layers of one load what its plan says.
class LayerQuantizer {
 public:
  LayerQuantizer(Graph& graph, const PassOptions& options, SharedStore& store)
      : graph_(graph),
        options_(options),
        weights_(options, store),
        float_weights_(graph),
        rule_used_(options.quantization.rules.size()) {}

  Status run() {
    if (options_.smooth_from_norm) {
      OCTET_ASSIGN_OR_RETURN(smoothing_, plan_smoothing(graph_, GraphIndex(graph_)));
    }
    const size_t original_nodes = graph_.nodes().size();
    for (size_t i = 0; i < original_nodes; ++i) {
      if (graph_.nodes()[i].as<LinearAttrs>() == nullptr) continue;
      const Node layer = graph_.nodes()[i];  // a copy: nodes are added below
      OCTET_RETURN_IF_ERROR(quantize(layer, i));
    }
    if (options_.warn) warn();
    return Status::ok();
  }

 private:
  Status quantize(const Node& layer, size_t index) {
    const QuantizationPlan& plan = options_.quantization;
    const LayerRule* rule = plan.rule_of(layer.as<LinearAttrs>()->layer);
    if (rule != nullptr) rule_used_[static_cast<size_t>(rule - plan.rules.data())] = true;
    QuantizationScheme scheme = rule == nullptr ? plan.standard : rule->scheme;
    if (scheme.is_none())
      return leave_float(index, rule == nullptr
                                    ? "no scheme was asked for"
                                    : "the pattern \"" + rule->pattern + "\" asks for none");
    if (!has_constant_weights(graph_, layer))
      return leave_float(index, "the weight has no elements", true);
    if (scheme.products == Products::kByCpu)
      scheme.products = options_.features.bf16_linear.is_yes() ? Products::kBF16 : Products::kF32;
    if (!scheme.weights.is_quantized()) return round_to_bf16(layer, index, scheme);
    return quantize_weights(layer, index, scheme);
  }

  Status leave_float(size_t index, std::string why, bool against_plan = false) {
    auto& attrs = graph_.edit<LinearAttrs>(graph_.nodes()[index]);
    attrs.why_float = std::move(why);
    if (!against_plan) return Status::ok();
    if (left_float_++ == 0)
      first_left_ =
          "node \"" + graph_.nodes()[index].name + "\" (linear) stays float: " + attrs.why_float;
    return Status::ok();
  }

  Status round_to_bf16(const Node& layer, size_t index, const QuantizationScheme& scheme) {
    const Support& fast = options_.features.bf16_linear;
    if (scheme.products == Products::kBF16 && !fast.is_yes())
      return unsupported("node \"" + layer.name + "\" (linear): scheme " + scheme.name() +
                         ": there are no fast bf16 products here (" + fast.reason() +
                         "); expected none, w8 or w8a8");
    OCTET_ASSIGN_OR_RETURN(const Tensor weights, graph_.value(layer.inputs[1]).constant->load());
    for (const float weight : weights.elements<const float>())
      if (!std::isfinite(to_float(to_bfloat16(weight))))
        return leave_float(
            index,
            "a weight is " + std::to_string(weight) + ", which bf16 has no finite number for",
            true);
    graph_.edit<LinearAttrs>(graph_.nodes()[index]).scheme = scheme;
    return Status::ok();
  }

  Status quantize_weights(const Node& layer, size_t index, const QuantizationScheme& scheme) {
    Smoothing smoothing;
    if (const auto planned = smoothing_.find(layer.outputs[0]);
        planned != smoothing_.end() && !scheme.is_weight_only())
      smoothing = planned->second;
    const auto weights = weights_.quantize(graph_, layer, scheme.weights, smoothing);
    if (weights.status().code() == StatusCode::kInvalidArgument)
      return leave_float(index, weights.status().message(), true);
    OCTET_RETURN_IF_ERROR(weights.status());

    const auto& attrs = *layer.as<LinearAttrs>();
    QuantizedLinearAttrs quantized;
    quantized.weights = *weights;
    quantized.epilogue = attrs.epilogue;
    quantized.scheme = scheme;
    quantized.parts = {attrs.layer};
    quantized.parts[0].first_row = 0;
    quantized.parts[0].rows = quantized.weights->n();
    std::vector<ValueId> inputs = {layer.inputs[0], kNoValue};
    if (!scheme.is_weight_only()) {
      OCTET_ASSIGN_OR_RETURN(const QuantizedRows rows,
                             rows_.rows(graph_, layer.inputs[0], smoothing));
      inputs = {rows.codes, rows.params};
    }
    inputs.insert(inputs.end(), layer.inputs.begin() + 2, layer.inputs.end());
    OCTET_RETURN_IF_ERROR(replace_with(graph_, layer.outputs[0], layer.name, quantized, inputs));
    float_weights_.quantized(graph_, layer.inputs[1]);
    return Status::ok();
  }

  void warn() const {
    // Layers in other graphs of the model may use a rule.
    const bool alone =
        options_.is_whole_model && std::ranges::none_of(graph_.nodes(), [](const Node& node) {
          return node.kind() == OpKind::kControl;
        });
    for (size_t i = 0; i < rule_used_.size(); ++i)
      if (alone && !rule_used_[i])
        options_.warn("no linear layer gets its scheme from the pattern \"" +
                      options_.quantization.rules[i].pattern +
                      "\"; the layers are listed with "
                      "their names and schemes by --list-weights and octet_model_layer");
    std::vector<FloatProduct> products;
    if (options_.quantization.quantizes()) products = float_products(graph_);
    const size_t count = left_float_ + products.size();
    if (count == 0) return;
    const std::string first = left_float_ > 0 ? first_left_
                                              : "node \"" + products[0].name +
                                                    "\" (MatMul) stays float: " + products[0].why;
    options_.warn(
        count == 1 ? first : std::to_string(count) + " products stay float, the first is " + first);
  }

  Graph& graph_;
  const PassOptions& options_;
  SmoothingPlan smoothing_;
  RowQuantizers rows_;
  WeightQuantizer weights_;
  FloatWeights float_weights_;
  std::vector<bool> rule_used_;
  size_t left_float_ = 0;   // layers that the plan wanted otherwise
  std::string first_left_;  // of them
};

}  // namespace

Status quantize_linear(Graph& graph, const PassOptions& options) {
  if (!options.quantization.quantizes() && options.quantization.rules.empty()) return Status::ok();
  assert(options.quantize_weights);
  SharedStore own;
  return LayerQuantizer(graph, options, options.store != nullptr ? *options.store : own).run();
}

}  // namespace octet
