// Values that define the symbols which the graphs of control nodes need.
#pragma once

#include <string>
#include <unordered_map>

#include "runtime/graph/graph.h"

namespace octet {

// By Symbol::id the value with that extent, or element: an input of the graph, or what a node that
// makes the symbol known gives.
std::unordered_map<std::string, ValueId> symbol_definers(const Graph& graph);

// Captures for all control nodes of the graph and of its graphs what their graphs need and don't
// have. Precondition: the graph itself knows all symbols that it needs.
Status capture_symbols(Graph& graph);

}  // namespace octet
