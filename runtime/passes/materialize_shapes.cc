// Pass: integers that depend on extents alone are made from the extents.
#include "runtime/passes/materialize_shapes.h"

#include <algorithm>

#include "runtime/passes/match.h"

namespace octet {
namespace {

bool depends_on_data(const std::vector<Dim>& contents) {
  for (const Dim& dim : contents)
    for (const Symbol& symbol : dim.symbols())
      if (symbol.kind == Symbol::Kind::kElement) return true;
  return false;
}

}  // namespace

Status materialize_shapes(Graph& graph, const PassOptions&) {
  const size_t node_count = graph.nodes().size();
  for (size_t i = 0; i < node_count; ++i) {
    const Node node = graph.nodes()[i];
    if (node.as<ShapeValuesAttrs>() != nullptr || node.outputs.size() != 1) continue;
    const TypeInfo type = graph.value(node.outputs[0]).type;
    if (!type.contents || type.rank() > 1 || depends_on_data(*type.contents)) continue;
    ShapeValuesAttrs attrs{type.dtype, type.rank() == 0, *type.contents};
    OCTET_RETURN_IF_ERROR(replace_with(graph, node.outputs[0], node.name, std::move(attrs), {}));
  }
  return Status::ok();
}

}  // namespace octet
