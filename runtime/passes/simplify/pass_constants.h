// Constants of a graph become constants of the graphs in it.
#pragma once

#include "runtime/graph/graph.h"

namespace octet {

// Whatever the graphs of control nodes capture and is a constant by now, they have as their own, so
// that their products are layers. Error: a constant that can't be read.
Status pass_constants(Graph& graph);

}  // namespace octet
