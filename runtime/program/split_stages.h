// Stages: a graph is cut where the run makes symbols known that later shapes depend on.
#pragma once

#include "runtime/graph/graph.h"

namespace octet {

// A graph has so many stages at most, one within the other.
inline constexpr int kMaxStages = 256;

// Makes each graph of the tree one whose symbols are all extents or elements of its inputs:
// - graphs of control nodes get the values that define the symbols they need as captured inputs;
// - what depends on symbols that a node makes known becomes the graph of a node `rest`, which reads
//   what it needs of this one, and is split the same way. Observe nodes are gone then: the rest's
//   inputs have the symbols as contents.
// A graph without late symbols stays as it is. Error: kUnsupported beyond kMaxStages.
Status split_stages(Graph& graph);

}  // namespace octet
