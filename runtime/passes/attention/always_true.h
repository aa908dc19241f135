// Recognises masks that mask nothing.
#pragma once

#include "runtime/passes/match.h"

namespace octet {

// Whether every element of the bool `value` is true for every input: constants, comparisons of a
// Range with a constant on the safe side of it (exporters write "index >= 0" as the mask of a model
// that masks nothing), And and Or of such, and views of them. false where it can't be told.
bool is_always_true(const Graph& graph, const GraphIndex& index, ValueId value);

}  // namespace octet
