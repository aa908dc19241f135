// Finds projections that share their rows and their attention, and merges them.
#include "runtime/passes/linear/merge_linears.h"

#include <algorithm>
#include <unordered_map>

#include "runtime/core/quantized_constant.h"
#include "runtime/passes/attention/attention_feeds.h"
#include "runtime/passes/quantize/concat_weights.h"

namespace octet {
namespace {

ValueId bias_of(const Node& layer) { return layer.inputs.size() > 2 ? layer.inputs[2] : kNoValue; }

// The one attention that reads the layer's output, or nullptr where the layer can't be merged with
// any.
const Node* mergeable_for(const Graph& graph, const GraphIndex& index, const Node& layer) {
  const auto* attrs = layer.as<QuantizedLinearAttrs>();
  if (attrs == nullptr || attrs->epilogue.activation != Activation::kNone) return nullptr;
  if (layer.inputs.size() > 3 && layer.inputs[3] != kNoValue) return nullptr;
  if (bias_of(layer) != kNoValue && !is_constant(graph, bias_of(layer))) return nullptr;
  const auto inputs = fed_attention_inputs(graph, index, layer.outputs[0]);
  if (!inputs) return nullptr;
  const Node* attention = inputs->front().attention;
  for (const AttentionInput& input : *inputs)
    if (input.attention != attention) return nullptr;
  return attention;
}

bool merges_with(const Node& lhs, const Node& rhs) {
  const auto &left = *lhs.as<QuantizedLinearAttrs>(), &right = *rhs.as<QuantizedLinearAttrs>();
  return lhs.inputs[0] == rhs.inputs[0] && lhs.inputs[1] == rhs.inputs[1] &&
         left.scheme == right.scheme && left.src == right.src && left.epilogue == right.epilogue &&
         can_concat_rows(*left.weights, *right.weights);
}

// Bias of all rows; kNoValue where no layer has one.
Result<ValueId> concat_bias(Graph& graph, const std::string& name,
                            const std::vector<Node>& layers) {
  std::vector<float> values;
  bool present = false;
  for (const Node& layer : layers) {
    const auto rows = static_cast<size_t>(layer.as<QuantizedLinearAttrs>()->weights->n());
    if (bias_of(layer) == kNoValue) {
      values.resize(values.size() + rows, 0.0f);
      continue;
    }
    OCTET_ASSIGN_OR_RETURN(const Tensor bias, graph.value(bias_of(layer)).constant->load());
    const auto elements = bias.elements<const float>();
    assert(elements.size() == rows);
    values.insert(values.end(), elements.begin(), elements.end());
    present = true;
  }
  if (!present) return kNoValue;
  const Shape shape{static_cast<int64_t>(values.size())};
  return graph.add_constant(name + "/bias",
                            Constant(Tensor::from<float>(std::span<const float>(values), shape)));
}

Result<QuantizedLinearAttrs> merged_attributes(const std::vector<Node>& layers,
                                               SharedStore& store) {
  QuantizedLinearAttrs merged = *layers[0].as<QuantizedLinearAttrs>();
  merged.parts.clear();
  QuantizedWeights weights;
  int64_t rows = 0;
  for (const Node& layer : layers) {
    const auto& attrs = *layer.as<QuantizedLinearAttrs>();
    weights.push_back(attrs.weights);
    for (LayerPart part : attrs.parts) {
      part.first_row += rows;
      part.per_tensor |= attrs.weights->granularity == Granularity::kPerTensor;
      merged.parts.push_back(std::move(part));
    }
    rows += attrs.weights->n();
  }
  merged.weights = find_quantized(store, rows_key(weights));
  if (merged.weights == nullptr) {
    OCTET_ASSIGN_OR_RETURN(auto joined, concat_rows(weights));
    merged.weights = store.share<QuantizedConstant>(rows_key(weights), std::move(joined));
  }
  return merged;
}

// Copies of the layers, since adding nodes moves them.
Status merge(Graph& graph, const std::vector<Node>& layers, SharedStore& store) {
  std::string name = layers[0].name;
  for (size_t i = 1; i < layers.size(); ++i) name += " + " + layers[i].name;
  std::vector<ValueId> inputs = {layers[0].inputs[0], layers[0].inputs[1]};
  OCTET_ASSIGN_OR_RETURN(const ValueId bias, concat_bias(graph, name, layers));
  if (bias != kNoValue) inputs.push_back(bias);
  OCTET_ASSIGN_OR_RETURN(QuantizedLinearAttrs merged, merged_attributes(layers, store));
  OCTET_ASSIGN_OR_RETURN(const ValueId output, graph.add(name, std::move(merged), inputs, name));
  int64_t first_row = 0;
  for (const Node& layer : layers) {
    const SymbolicShape counts = graph.value(layer.outputs[0]).type.shape;
    SliceAttrs slice{std::vector<Dim>(counts.size(), 0), counts,
                     std::vector<int64_t>(counts.size(), 1)};
    slice.starts.back() = first_row;
    first_row += counts.back().value();
    OCTET_RETURN_IF_ERROR(
        replace_with(graph, layer.outputs[0], layer.name + "/rows", slice, {output}));
  }
  return Status::ok();
}

}  // namespace

Status merge_linears(Graph& graph, const PassOptions& options) {
  // Layers that merge, in the order of the first of each group; and the groups of each attention.
  std::vector<std::vector<Node>> groups;
  std::unordered_map<const Node*, std::vector<size_t>> groups_of;
  const GraphIndex index(graph);
  for (const Node& node : graph.nodes()) {
    const Node* attention = mergeable_for(graph, index, node);
    if (attention == nullptr) continue;
    std::vector<size_t>& candidates = groups_of[attention];
    const auto group = std::find_if(candidates.begin(), candidates.end(), [&](size_t candidate) {
      return merges_with(groups[candidate][0], node);
    });
    if (group == candidates.end()) {
      candidates.push_back(groups.size());
      groups.push_back({node});
    } else {
      groups[*group].push_back(node);
    }
  }
  SharedStore own;  // layers of the same weights merge into the same
  SharedStore& store = options.store != nullptr ? *options.store : own;
  for (const std::vector<Node>& layers : groups)
    if (layers.size() > 1) OCTET_RETURN_IF_ERROR(merge(graph, layers, store));
  return Status::ok();
}

}  // namespace octet
