// Pass: integers that depend on extents alone are made from the extents.
#include "runtime/passes/simplify/materialize_shapes.h"

#include <algorithm>

#include "runtime/ops/contents.h"
#include "runtime/passes/match.h"

namespace octet {

Status materialize_shapes(Graph& graph, const PassOptions&) {
  const size_t node_count = graph.nodes().size();
  for (size_t i = 0; i < node_count; ++i) {
    const Node node = graph.nodes()[i];
    if (node.as<ShapeValuesAttrs>() != nullptr || node.outputs.size() != 1) continue;
    const TypeInfo type = graph.value(node.outputs[0]).type;
    if (!type.contents || type.rank() > 1 ||
        std::any_of(type.contents->begin(), type.contents->end(), depends_on_data))
      continue;
    ShapeValuesAttrs attrs{type.dtype, type.rank() == 0, *type.contents};
    OCTET_RETURN_IF_ERROR(replace_with(graph, node.outputs[0], node.name, std::move(attrs), {}));
  }
  return Status::ok();
}

}  // namespace octet
