// Quantizes the weights of linear layers and makes the nodes that quantize their rows.
#include "runtime/passes/quantize_linear.h"

#include <utility>

#include "runtime/passes/linear_weights.h"
#include "runtime/passes/smoothing.h"

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

// nullptr where the weights hold NaN or infinity.
Result<std::shared_ptr<const QuantizedTensor>> quantized_weights(LinearWeightsReader& reader,
                                                                 const Graph& graph,
                                                                 const PassOptions& options,
                                                                 const Node& linear,
                                                                 const Smoothing& smoothing) {
  OCTET_ASSIGN_OR_RETURN(const Tensor weights, reader.load(graph, linear));
  Result<QuantizedTensor> quantized =
      options.quantize_weights(weights, smoothing ? smoothing->data() : nullptr);
  if (quantized.is_ok()) return std::make_shared<const QuantizedTensor>(std::move(*quantized));
  if (quantized.status().code() == StatusCode::kInvalidArgument)
    return std::shared_ptr<const QuantizedTensor>();
  return quantized.status().with_prefix("node \"" + linear.name + "\" (linear)");
}

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
  LinearWeightsReader reader;
  const size_t original_nodes = graph.nodes().size();
  for (size_t i = 0; i < original_nodes; ++i) {
    const Node linear = graph.nodes()[i];
    const auto* attrs = linear.as<LinearAttrs>();
    if (attrs == nullptr || !has_constant_weights(graph, linear)) continue;
    const auto planned = plan.find(linear.outputs[0]);
    const Smoothing smoothing = planned == plan.end() ? nullptr : planned->second;
    OCTET_ASSIGN_OR_RETURN(const auto weights,
                           quantized_weights(reader, graph, options, linear, smoothing));
    if (weights == nullptr) continue;
    OCTET_ASSIGN_OR_RETURN(const QuantizedRows rows,
                           quantizers.rows(graph, linear.inputs[0], smoothing));

    QuantizedLinearAttrs quantized;
    quantized.weights = weights;
    quantized.epilogue = attrs->epilogue;
    quantized.parts = {attrs->layer};
    quantized.parts[0].first_row = 0;
    quantized.parts[0].rows = weights->n();
    std::vector<ValueId> inputs = {rows.codes, rows.params};
    inputs.insert(inputs.end(), linear.inputs.begin() + 2, linear.inputs.end());
    OCTET_RETURN_IF_ERROR(replace_with(graph, linear.outputs[0], linear.name, quantized, inputs));
    // The float copy goes with its last reader.
    if (index.has_single_use(linear.inputs[1])) graph.value(linear.inputs[1]).constant.reset();
  }
  return Status::ok();
}

}  // namespace octet
