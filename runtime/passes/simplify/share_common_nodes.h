// Pass: what is computed twice is computed once.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Nodes with equal attributes and the same inputs become one; constants of at most 64 bytes with
// equal elements count as the same input, larger ones where they are of one key (Constant::key()).
// So masks are built once, and a value that feeds several quantized layers is quantized once.
//
// Left alone: nodes with labels (Linear and QuantizedLinear: the user may ask for each by its name
// and replace it), and graph outputs, which stay values of their own.
Status share_common_nodes(Graph& graph, const PassOptions& options);

}  // namespace octet
