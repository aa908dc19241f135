// Captured constants.
#include "runtime/passes/simplify/pass_constants.h"

namespace octet {
namespace {

// The first captured value among the inputs of a node, and among those of its graphs.
struct FirstCaptured {
  size_t of_node, of_graph;
};

FirstCaptured first_captured(const ControlAttrs& attrs) {
  const auto carried = static_cast<size_t>(attrs.carried);
  switch (attrs.kind) {
    case ControlKind::kIf:
      return {1, 0};
    case ControlKind::kLoop:
      return {2 + carried, 2 + carried};
    case ControlKind::kScan:
      return {carried + attrs.scan_inputs.size(), carried + attrs.scan_inputs.size()};
    case ControlKind::kRest:
    case ControlKind::kLater:
      break;
  }
  return {0, 0};
}

}  // namespace

Status pass_constants(Graph& graph) {
  for (const Node& node : graph.nodes()) {
    const auto* attrs = node.as<ControlAttrs>();
    if (attrs == nullptr) continue;
    const FirstCaptured first = first_captured(*attrs);
    for (size_t i = 0; first.of_node + i < node.inputs.size(); ++i) {
      const ValueId id = node.inputs[first.of_node + i];
      if (id == kNoValue || !graph.value(id).constant) continue;
      for (const auto& inner : node.graphs) {
        OCTET_ASSIGN_OR_RETURN(
            const ValueId constant,
            inner->add_constant(graph.value(id).name, *graph.value(id).constant));
        inner->replace_uses(inner->inputs()[first.of_graph + i], constant);
      }
    }
  }
  return Status::ok();
}

}  // namespace octet
