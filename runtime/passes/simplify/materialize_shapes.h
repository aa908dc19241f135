// Pass: integers that depend on extents alone are made from the extents.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Before: ShapeValues -> Gather -> Mul -> Concat -> reader
// After:  ShapeValues [batch, 12*seq] -> reader
//
// Every node whose output's contents are known becomes one ShapeValues node, so that a chain of
// shape arithmetic costs nothing at run time. Contents that name an element of an input ("x[0]")
// are left to the nodes: they change with every run.
Status materialize_shapes(Graph& graph, const PassOptions& options);

}  // namespace octet
