// Constants that nodes make of constants, computed when they are read.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// What `node`, whose inputs are these constants, gives: evaluated at each load(), which keeps no
// copy. Precondition: one output of constant extents, options.evaluate, nothing absent between the
// inputs.
Constant computed_constant(const Node& node, const TypeInfo& output, std::vector<Constant> inputs,
                           const PassOptions& options);
// The same for a node of the graph, all of whose inputs are constants of the graph.
Constant computed_constant(const Graph& graph, const Node& node, const PassOptions& options);

}  // namespace octet
