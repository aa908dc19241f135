// Pass: what is added behind a convolution, and the activation after it, move into its epilogue.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Add(conv, r) with r of the same f32 shape, then an activation that Conv has, each the only reader
// of what is before it. Of two convolutions that are added, the later takes the earlier's result.
Status fuse_conv(Graph& graph, const PassOptions& options);

}  // namespace octet
