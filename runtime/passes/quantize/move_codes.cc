// Finds codes behind Quantize nodes.
#include "runtime/passes/quantize/move_codes.h"

#include "runtime/passes/match.h"
#include "runtime/passes/quantize/code_params.h"

namespace octet {
namespace {

// The codes that `value` was dequantized from with exactly `params`; kNoValue: none such.
ValueId codes_behind(const Graph& graph, const GraphIndex& index, ValueId value,
                     const CodeParams& params) {
  const Node* dequantize = index.producer_as<DequantizeAttrs>(value);
  if (dequantize == nullptr) return kNoValue;
  const std::optional<CodeParams> own = code_params(graph, *dequantize);
  return own && *own == params && params.is_exact() ? dequantize->inputs[0] : kNoValue;
}

// How many of the first inputs of a node are the elements that it moves; 0: it does something else.
size_t moved_inputs(const Node& node) {
  if (node.as<ConcatAttrs>() != nullptr) return node.inputs.size();
  const bool moves_one = node.as<ReshapeAttrs>() != nullptr ||
                         node.as<TransposeAttrs>() != nullptr || node.as<SliceAttrs>() != nullptr ||
                         node.as<ExpandAttrs>() != nullptr || node.as<GatherAttrs>() != nullptr;
  return moves_one ? 1 : 0;
}

// The codes of what a node moves; empty where they are not codes of `params`.
std::vector<ValueId> moved_codes(const Graph& graph, const GraphIndex& index, const Node& move,
                                 const CodeParams& params) {
  std::vector<ValueId> inputs = move.inputs;
  for (size_t i = 0; i < moved_inputs(move); ++i) {
    inputs[i] = codes_behind(graph, index, inputs[i], params);
    if (inputs[i] == kNoValue) return {};
  }
  return inputs;
}

}  // namespace

Status move_codes(Graph& graph, const PassOptions&) {
  const GraphIndex index(graph);
  for (size_t i = 0, count = graph.nodes().size(); i < count; ++i) {
    const Node quantize = graph.nodes()[i];  // a copy: nodes are added
    if (quantize.as<QuantizeAttrs>() == nullptr) continue;
    const std::optional<CodeParams> params = code_params(graph, quantize);
    if (!params) continue;
    const bool is_output = graph.is_output(quantize.outputs[0]);
    const ValueId codes = codes_behind(graph, index, quantize.inputs[0], *params);
    if (codes != kNoValue && !(is_output && index.producer(codes) == nullptr)) {
      graph.replace_uses(quantize.outputs[0], codes);
      continue;
    }
    const Node* found = index.producer(quantize.inputs[0]);
    if (found == nullptr || moved_inputs(*found) == 0 || !index.has_single_use(quantize.inputs[0]))
      continue;
    const Node move = *found;
    const std::vector<ValueId> inputs = moved_codes(graph, index, move, *params);
    if (inputs.empty()) continue;
    OCTET_RETURN_IF_ERROR(
        replace_with(graph, quantize.outputs[0], move.name, move.attributes, inputs));
  }
  return Status::ok();
}

}  // namespace octet
