// Pass: q, k and v of attentions travel as bf16.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Where q, k and v of an Attention all come, through Reshape, Transpose and Slice alone, from
// QuantizedLinear outputs that nothing but the q, k and v of such attentions reads, those layers
// put out bf16 and the views between carry it; the Attention then multiplies in bf16. Does nothing
// where options.features say no to bf16_attention.
Status narrow_attention(Graph& graph, const PassOptions& options);

}  // namespace octet
