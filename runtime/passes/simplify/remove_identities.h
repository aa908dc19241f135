// Pass: nodes that change nothing go, and reshapes of reshapes become one.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Removed: Reshape, Expand, Slice and Cast to what their input already is, Transpose in order,
// Concat of one input, x + 0, x - 0, x * 1 and x / 1 that keep the shape, and a Transpose together
// with the one it undoes; a Cast back to the narrow float that another one widened. Reshape(Reshape(x)) becomes Reshape(x).
//
// Left alone: a node whose removal would make a graph output the same value as an input, a constant
// or another output.
Status remove_identities(Graph& graph, const PassOptions& options);

}  // namespace octet
