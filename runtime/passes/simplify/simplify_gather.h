// Pass: gathers that pick elements in order become views.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Exporters index masks with vmapped aranges and position tables with position ids, which pick
// every element in order.
//
// Before: Gather(mask [B * S, 1], arange(B) [:, None] * S + arange(S))
//         GatherND(mask [B, S], Concat(arange(B) [:, None, None], arange(S) [None, :, None]))
//         Gather(table [512, C], position_ids [:, :S])
// After:  Reshape(mask), Reshape(Slice(table))
//
// The Slice stands only where the indices are not known to cover the axis.
//
// Left alone: indices that skip, repeat, reverse or count from the end, and those that depend on
// data.
Status simplify_gather(Graph& graph, const PassOptions& options);

}  // namespace octet
