// Makes constants of nodes that quantize or dequantize constants.
#include "runtime/passes/quantize/read_codes.h"

#include "runtime/core/coded_constant.h"
#include "runtime/core/run_control.h"
#include "runtime/passes/computed_constant.h"
#include "runtime/passes/match.h"

namespace octet {
namespace {

// Whether all inputs are constants that cost little more than reading them: each is computed anew
// when the result is, and so are those that it is made of, so that a chain of them would multiply.
bool has_constant_inputs(const Graph& graph, const Node& node) {
  constexpr int kMostDepth = 2;  // decoded or widened, and quantized
  for (const ValueId id : node.inputs)
    if (id != kNoValue &&
        (!is_constant(graph, id) || graph.value(id).constant->depth() > kMostDepth))
      return false;
  return true;
}

std::shared_ptr<const CodedConstant> coded_by(const Graph& graph, const Node& node) {
  const auto part = [&](size_t i) { return *graph.value(node.inputs[i]).constant; };
  const ScaleAxis& scales = node.as<DequantizeAttrs>()->scales;
  CodedConstant coded{part(0), part(1), std::nullopt, scales.axis, scales.block};
  if (node.inputs.size() > 2 && node.inputs[2] != kNoValue) coded.zero_point = part(2);
  return std::make_shared<const CodedConstant>(std::move(coded));
}

// Reshapes of a constant that keeps its codes in their extents are constants as well.
Status reshape_codes(Graph& graph, ValueId value) {
  const Constant constant = *graph.value(value).constant;
  const std::vector<int> users = graph.users(value);
  for (const int user : users) {
    const Node reshape = graph.nodes()[static_cast<size_t>(user)];  // a copy: constants are added
    if (reshape.as<ReshapeAttrs>() == nullptr || graph.is_output(reshape.outputs[0])) continue;
    const auto shape = to_constant(graph.value(reshape.outputs[0]).type.shape);
    if (!shape) continue;
    Constant reshaped = constant.reshaped(*shape);
    if (reshaped.coded() == nullptr) continue;
    OCTET_ASSIGN_OR_RETURN(const ValueId made,
                           graph.add_constant(graph.value(value).name, std::move(reshaped)));
    graph.replace_uses(reshape.outputs[0], made);
  }
  return Status::ok();
}

// The constant that the node is; named after the codes, which is what people call the weight.
Status make_constant(Graph& graph, const PassOptions& options, const Node& node) {
  Constant constant = computed_constant(graph, node, options);
  std::string name = graph.value(node.outputs[0]).name;
  if (node.as<DequantizeAttrs>() != nullptr) {
    constant = constant.with_coded(coded_by(graph, node));
    name = graph.value(node.inputs[0]).name;
  }
  OCTET_ASSIGN_OR_RETURN(const ValueId value, graph.add_constant(name, std::move(constant)));
  graph.replace_uses(node.outputs[0], value);
  return reshape_codes(graph, value);
}

// Rows of a table of codes are dequantized after they are picked.
Status pick_codes(Graph& graph, const Node& dequantize) {
  if (!is_per_tensor(graph.value(dequantize.inputs[1]).type)) return Status::ok();
  const std::vector<int> users = graph.users(dequantize.outputs[0]);
  for (const int user : users) {
    const Node gather = graph.nodes()[static_cast<size_t>(user)];  // a copy: nodes are added
    if (gather.as<GatherAttrs>() == nullptr || gather.inputs[0] != dequantize.outputs[0]) continue;
    OCTET_ASSIGN_OR_RETURN(
        const ValueId codes,
        graph.add(gather.name, gather.attributes, {dequantize.inputs[0], gather.inputs[1]}));
    std::vector<ValueId> inputs = dequantize.inputs;
    inputs[0] = codes;
    OCTET_RETURN_IF_ERROR(replace_with(graph, gather.outputs[0], gather.name + "/dequantized",
                                       dequantize.attributes, std::move(inputs)));
  }
  return Status::ok();
}

}  // namespace

Status read_codes(Graph& graph, const PassOptions& options) {
  if (!options.evaluate) return Status::ok();
  for (size_t i = 0, count = graph.nodes().size(); i < count; ++i) {
    OCTET_RETURN_IF_ERROR(check_stop());
    const Node node = graph.nodes()[i];  // a copy: nodes are added
    const bool dequantizes = node.as<DequantizeAttrs>() != nullptr;
    if (!dequantizes && node.as<QuantizeAttrs>() == nullptr) continue;
    if (!has_constant_inputs(graph, node) || graph.is_output(node.outputs[0]) ||
        !to_constant(graph.value(node.outputs[0]).type.shape))
      continue;
    if (dequantizes) OCTET_RETURN_IF_ERROR(pick_codes(graph, node));
    OCTET_RETURN_IF_ERROR(make_constant(graph, options, node));
  }
  return Status::ok();
}

}  // namespace octet
