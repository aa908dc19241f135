// Finds layers with coded weights, and what their activations are.
#include "runtime/passes/quantize/file_layers.h"

#include <algorithm>
#include <cmath>

#include "kernels/numerics/quantize_weights.h"
#include "runtime/core/code_type.h"
#include "runtime/core/run_control.h"
#include "runtime/passes/linear/linear_weights.h"
#include "runtime/passes/match.h"
#include "runtime/passes/quantize/code_params.h"
#include "runtime/passes/quantize/coded_weights.h"

namespace octet {
namespace {

// What a quantized layer reads in the place of float rows.
struct Activations {
  ActivationScheme scheme;
  ValueId rows = kNoValue, params = kNoValue;  // inputs 0 and 1
  StaticParams src = {};
};

// Sums of codes can be corrected once per output only.
bool takes_codes(const QuantizedConstant& weights) {
  return weights.granularity != Granularity::kBlocked;
}

// Dequantize(codes) by parameters that the file gives.
std::optional<Activations> static_activations(const Graph& graph, const Node& dequantize) {
  const auto params = code_params(graph, dequantize);
  if (!params || !params->is_exact()) return std::nullopt;
  if (params->type != DType::kU8 && params->type != DType::kI8) return std::nullopt;
  return Activations{{ActivationRange::kStaticPerTensor, code_type(params->type, 8)},
                     dequantize.inputs[0],
                     kNoValue,
                     {params->scale, params->zero_point}};
}

// Whether `scale` times each scale of the weights is a float: by one that overflows a sum of 0,
// which is 0 of the floats, would become NaN.
Result<bool> scales_fit(const QuantizedConstant& weights, float scale) {
  OCTET_ASSIGN_OR_RETURN(const Tensor own, weights.scale.load());
  const auto numbers = own.elements<const float>();
  return std::all_of(numbers.begin(), numbers.end(),
                     [scale](float number) { return std::isfinite(scale * number); });
}

// What DynamicQuantizeLinear is imported as.
struct DynamicRange {
  ValueId src, low, high;
};

bool reduces_all(const Graph& graph, const Node* node, ReduceFunction function, ValueId src) {
  const auto* reduce = node != nullptr ? node->as<ReduceAttrs>() : nullptr;
  return reduce != nullptr && reduce->function == function && node->inputs[0] == src &&
         static_cast<int>(reduce->axes.size()) == graph.value(src).type.rank();
}

// Dequantize(Quantize(src)), both by the range of src.
std::optional<DynamicRange> dynamic_range(const Graph& graph, const GraphIndex& index,
                                          const Node& dequantize) {
  const Node* quantize = index.producer_as<QuantizeAttrs>(dequantize.inputs[0]);
  if (quantize == nullptr || quantize->inputs.size() != 3 || dequantize.inputs.size() != 3 ||
      quantize->inputs[1] != dequantize.inputs[1] || quantize->inputs[2] != dequantize.inputs[2])
    return std::nullopt;
  const auto* form = quantize->as<QuantizeAttrs>();
  const Node* params = index.producer_as<LongTailAttrs>(quantize->inputs[1]);
  if (form->type != DType::kU8 || form->precision != DType::kF32 || params == nullptr ||
      &params->as<LongTailAttrs>()->op() != &kLongTailOp<QuantizationParamsAttrs> ||
      params->outputs[0] != quantize->inputs[1] || params->outputs[1] != quantize->inputs[2])
    return std::nullopt;
  const DynamicRange range{quantize->inputs[0], params->inputs[0], params->inputs[1]};
  if (graph.value(range.src).type.dtype != DType::kF32 ||
      !reduces_all(graph, index.producer(range.low), ReduceFunction::kMin, range.src) ||
      !reduces_all(graph, index.producer(range.high), ReduceFunction::kMax, range.src))
    return std::nullopt;
  return range;
}

class FileLayers {
 public:
  FileLayers(Graph& graph, const PassOptions& options, SharedStore& store)
      : graph_(graph), options_(options), store_(store), index_(graph) {}

  Status run() {
    for (size_t i = 0, count = graph_.nodes().size(); i < count; ++i) {
      OCTET_RETURN_IF_ERROR(check_stop());
      const Node layer = graph_.nodes()[i];  // a copy: nodes are added
      if (layer.as<QuantizedLinearAttrs>() != nullptr) OCTET_RETURN_IF_ERROR(make_float(layer));
      if (layer.as<LinearAttrs>() == nullptr || !has_constant_weights(graph_, layer)) continue;
      const auto coded = graph_.value(layer.inputs[1]).constant->coded();
      if (coded != nullptr) OCTET_RETURN_IF_ERROR(convert(layer, i, *coded));
    }
    return Status::ok();
  }

 private:
  void leave_float(size_t index, std::string why) {
    graph_.edit<LinearAttrs>(graph_.nodes()[index]).why_float = std::move(why);
  }

  // A layer that importers have made of codes, where a rule wants it float.
  Status make_float(const Node& layer) {
    const auto& attrs = *layer.as<QuantizedLinearAttrs>();
    const LayerRule* rule = options_.quantization.rule_of(attrs.parts[0]);
    if (rule == nullptr || !rule->scheme.is_none() || !attrs.weights->has_codes())
      return Status::ok();
    std::vector<ValueId> inputs = layer.inputs;
    if (!attrs.scheme.is_weight_only()) {
      const Node* rows = index_.producer_as<QuantizeRowsAttrs>(inputs[0]);
      if (rows == nullptr) return Status::ok();
      inputs[0] = rows->inputs[0];
    }
    const auto compute = [weights = attrs.weights]() -> Result<Tensor> {
      OCTET_ASSIGN_OR_RETURN(const QuantizedTensor loaded, weights->load());
      return numerics::dequantize_weights(loaded);
    };
    constexpr int kDepth = 3;  // of codes that are unpacked, and of the floats
    const std::vector<std::string>& names = attrs.parts[0].aliases;
    OCTET_ASSIGN_OR_RETURN(
        inputs[1], graph_.add_constant(names.empty() ? layer.name : names[0],
                                       Constant(DType::kF32, attrs.weights->shape, compute,
                                                attrs.weights->key.with("dequantized"), kDepth)));
    return replace_with(
        graph_, layer.outputs[0], layer.name,
        LinearAttrs{
            .weights_transposed = true, .epilogue = attrs.epilogue, .layer = attrs.parts[0]},
        inputs);
  }

  Status convert(const Node& layer, size_t index, const CodedConstant& coded) {
    const auto& attrs = *layer.as<LinearAttrs>();
    const LayerRule* rule = options_.quantization.rule_of(attrs.layer);
    if (rule != nullptr && rule->scheme.is_none()) return Status::ok();
    auto weights = coded_weights(coded, attrs.weights_transposed);
    if (weights.status().code() == StatusCode::kUnsupported)
      return leave_float(index, weights.status().message()), Status::ok();
    OCTET_RETURN_IF_ERROR(weights.status());
    if (auto found = find_quantized(store_, (*weights)->key))
      *weights = std::move(found);
    else
      *weights = store_.share<QuantizedConstant>((*weights)->key, *weights);

    QuantizedLinearAttrs quantized;
    quantized.weights = *weights;
    quantized.epilogue = attrs.epilogue;
    OCTET_ASSIGN_OR_RETURN(quantized.scheme, scheme_of_weights(*quantized.weights));
    quantized.parts = {attrs.layer};
    quantized.parts[0].first_row = 0;
    quantized.parts[0].rows = quantized.weights->n();
    OCTET_ASSIGN_OR_RETURN(const Activations activations,
                           activations_of(layer.inputs[0], *quantized.weights));
    quantized.scheme.activations = activations.scheme;
    quantized.src = activations.src;
    ValueId result = layer.outputs[0];
    if (activations.scheme.range != ActivationRange::kFloat) {
      quantized.scheme.products = Products::kInt8;
      result = take_quantize(result, quantized.epilogue);
    }
    std::vector<ValueId> inputs = {activations.rows, activations.params};
    inputs.insert(inputs.end(), layer.inputs.begin() + 2, layer.inputs.end());
    return replace_with(graph_, result, layer.name, quantized, inputs);
  }

  Result<Activations> activations_of(ValueId src, const QuantizedConstant& weights) {
    const Activations floats{{}, src};
    const Node* found = index_.producer_as<DequantizeAttrs>(src);
    if (found == nullptr || !takes_codes(weights)) return floats;
    if (const auto fixed = static_activations(graph_, *found)) {
      OCTET_ASSIGN_OR_RETURN(const bool fit, scales_fit(weights, fixed->src.scale));
      return fit ? *fixed : floats;
    }
    const auto range = dynamic_range(graph_, index_, *found);
    if (!range) return floats;
    const std::string name = found->name;
    std::vector<ValueId> inputs = {range->src};
    if (!options_.requantize) inputs = {range->src, kNoValue, range->low, range->high};
    OCTET_ASSIGN_OR_RETURN(const std::vector<ValueId> rows,
                           graph_.add_node(name + "/rows", QuantizeRowsAttrs{}, std::move(inputs)));
    return Activations{{options_.requantize ? ActivationRange::kDynamicPerToken
                                            : ActivationRange::kDynamicPerTensor,
                        ElementType::kU8},
                       rows[0],
                       rows[1]};
  }

  // What the layer gives when the one Quantize that reads its result is its epilogue's.
  ValueId take_quantize(ValueId result, Epilogue& epilogue) {
    const Node* quantize = index_.single_user(result);
    const auto params = quantize != nullptr && quantize->as<QuantizeAttrs>() != nullptr
                            ? code_params(graph_, *quantize)
                            : std::nullopt;
    if (!params || !params->is_exact() || epilogue.output_type != DType::kF32) return result;
    const bool is_byte = params->type == DType::kU8 || params->type == DType::kI8;
    if (!is_byte || params->high - params->low != 255) return result;
    epilogue.output_type = params->type;
    epilogue.output_scale = params->scale;
    epilogue.output_zero_point = params->zero_point;
    return quantize->outputs[0];
  }

  Graph& graph_;
  const PassOptions& options_;
  SharedStore& store_;
  GraphIndex index_;
};

}  // namespace

Status file_layers(Graph& graph, const PassOptions& options) {
  SharedStore own;
  return FileLayers(graph, options, options.store != nullptr ? *options.store : own).run();
}

}  // namespace octet
