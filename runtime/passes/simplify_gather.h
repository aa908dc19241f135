// Pass: gathers that pick elements in order become views.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Exporters index a mask with vmapped aranges, which picks every element in order:
// Before: Gather(mask [B * S, 1], arange(B) [:, None] * S + arange(S))           After: Reshape(mask)
//         GatherND(mask [B, S], Concat(arange(B) [:, None, None], arange(S) [None, :, None]))      Reshape(Slice(mask))
// The Slice stands only where the index grid is not known to cover the axis.
// Left alone: indices that skip, repeat or reverse elements, and those that depend on data.
Status simplify_gather(Graph& graph, const PassOptions& options);

}  // namespace octet
