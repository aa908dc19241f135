// What the evaluation of constants may take, so that a small file makes no large program.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

struct FoldBudget {
  uint64_t largest = 0;  // bytes of one result
  uint64_t bytes = 0;    // of all results
  double work = 0;       // operations
};
// By the constants of the graph and the options' limits.
FoldBudget fold_budget(const Graph& graph, const PassOptions& options);

// The operations that evaluating a node takes. Precondition: the shapes of all its values are
// constant.
double fold_cost(const Graph& graph, const Node& node, const PassOptions& options);

}  // namespace octet
