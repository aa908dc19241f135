// What a node's shapes depend on.
#include <algorithm>

#include "runtime/graph/graph.h"
#include "runtime/ops/defined_symbols.h"

namespace octet {
namespace {

void add(const TypeInfo& type, std::vector<Symbol>& symbols) {
  collect_symbols(type.shape, symbols);
  if (type.contents) collect_symbols(*type.contents, symbols);
  for (const Check& check : type.checks)
    for (const Dim* dim : {&check.found, &check.expected, &check.guard})
      collect_symbols(*dim, symbols);
}

// Each once, by id.
void deduplicate(std::vector<Symbol>& symbols) {
  std::sort(symbols.begin(), symbols.end(),
            [](const Symbol& a, const Symbol& b) { return a.id < b.id; });
  symbols.erase(std::unique(symbols.begin(), symbols.end(),
                            [](const Symbol& a, const Symbol& b) { return a.id == b.id; }),
                symbols.end());
}

void remove(const std::vector<Symbol>& gone, std::vector<Symbol>& symbols) {
  std::erase_if(symbols, [&](const Symbol& symbol) {
    return std::any_of(gone.begin(), gone.end(),
                       [&](const Symbol& other) { return other.id == symbol.id; });
  });
}

}  // namespace

std::vector<Symbol> symbols_from_outside(const Graph& graph) {
  std::vector<Symbol> symbols, known;
  for (const ValueId id : graph.inputs()) {
    const TypeInfo& type = graph.value(id).type;
    add(type, symbols);
    for_each_defined_symbol(type, [&](const Symbol& symbol) { known.push_back(symbol); });
  }
  for (const Check& check : graph.checks())
    for (const Dim* dim : {&check.found, &check.expected, &check.guard})
      collect_symbols(*dim, symbols);
  for (const Node& node : graph.nodes()) {
    for (Symbol& symbol : needed_symbols(graph, node)) symbols.push_back(std::move(symbol));
    for (Symbol& symbol : made_symbols(node.attributes)) known.push_back(std::move(symbol));
  }
  deduplicate(symbols);
  deduplicate(known);
  remove(known, symbols);
  return symbols;
}

std::vector<Symbol> needed_symbols(const Graph& graph, const Node& node) {
  std::vector<Symbol> symbols;
  // A sequence takes tensors as they are; nobody need know their extents before.
  if (node.kind() != OpKind::kSequence)
    for (const ValueId id : node.inputs)
      if (id != kNoValue) add(graph.value(id).type, symbols);
  for (const ValueId id : node.outputs) add(graph.value(id).type, symbols);
  for (FieldText& field : describe(node.attributes))
    for (Symbol& symbol : field.symbols) symbols.push_back(std::move(symbol));
  for (const auto& inner : node.graphs)
    for (Symbol& symbol : symbols_from_outside(*inner)) symbols.push_back(std::move(symbol));
  deduplicate(symbols);
  remove(made_symbols(node.attributes), symbols);
  return symbols;
}

}  // namespace octet
