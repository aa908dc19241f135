// Pass: what is computed twice is computed once.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Nodes with equal attributes and the same inputs become one; constants of at most 64 bytes with
// equal elements count as the same input. So masks are built once, and a value that feeds several
// quantized layers is quantized once.
//
// Left alone: Linear and QuantizedLinear (each is a layer the user may replace), and graph outputs,
// which stay values of their own.
Status share_common_nodes(Graph& graph, const PassOptions& options);

}  // namespace octet
