// Who defines which symbol, and captures of those.
#include "runtime/program/capture_symbols.h"

#include "runtime/ops/defined_symbols.h"

namespace octet {
namespace {

void note_definitions(const TypeInfo& type, ValueId value,
                      std::unordered_map<std::string, ValueId>& definers) {
  for_each_defined_symbol(type,
                          [&](const Symbol& symbol) { definers.try_emplace(symbol.id, value); });
}

// Every graph of the node reads what it captures, in the same order.
void capture(Graph& graph, const Node& node, ValueId value) {
  const Value outer = graph.value(value);
  for (const auto& inner : node.graphs) inner->add_inner_input(outer.name, outer.type);
  graph.set_input(node, node.inputs.size(), value);
}

}  // namespace

std::unordered_map<std::string, ValueId> symbol_definers(const Graph& graph) {
  std::unordered_map<std::string, ValueId> definers;
  for (const ValueId id : graph.inputs()) note_definitions(graph.value(id).type, id, definers);
  for (const Node& node : graph.nodes()) {
    if (made_symbols(node.attributes).empty()) continue;
    for (const ValueId id : node.outputs) note_definitions(graph.value(id).type, id, definers);
  }
  return definers;
}

Status capture_symbols(Graph& graph) {
  const auto definers = symbol_definers(graph);
  for (const Node& node : graph.nodes()) {
    if (node.graphs.empty()) continue;
    std::unordered_map<std::string, bool> captured;
    for (const auto& inner : node.graphs) {
      for (const Symbol& symbol : symbols_from_outside(*inner)) {
        const auto definer = definers.find(symbol.id);
        if (definer == definers.end())
          return internal_error(Graph::where(node) + ": nothing defines the extent " + symbol.name);
        if (captured.emplace(symbol.id, true).second) capture(graph, node, definer->second);
      }
    }
    for (const auto& inner : node.graphs) OCTET_RETURN_IF_ERROR(capture_symbols(*inner));
  }
  return Status::ok();
}

}  // namespace octet
