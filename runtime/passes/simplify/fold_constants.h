// Pass: what depends on no input becomes a constant.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Values whose contents are constant, and nodes whose inputs are all constant, become constants, as
// far as PassOptions::evaluate can tell them and they stay small: above 64 KiB at most 8 times the
// bytes of the inputs, and never above 64 MiB or 4 times the largest constant of the model. What
// would cost more than PassOptions::max_folded_work allows is left to the run. Error: kCancelled or
// kDeadlineExceeded as check_stop() says between nodes.
//
// Left alone: outputs of the graph, QuantizeRows and QuantizedLinear, and the transpose of a matrix
// that only matrix products read (fuse_linear takes it as an orientation, without touching bytes).
Status fold_constants(Graph& graph, const PassOptions& options);

}  // namespace octet
