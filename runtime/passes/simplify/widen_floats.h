// Pass: models in float16 or bfloat16 are computed in float32.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Before: values of f16 or bf16
// After:  the same graph in f32. Inputs of the graph are cast when they come, outputs when they
//         leave; constants stay as narrow as they are and are widened each time that they are read,
//         so that a layer's weights exist as f32 only while they are packed. A Cast to a narrow
//         type that the model itself has still rounds, but for that behind a QuantizedLinear or an
//         Attention whose rows or queries were cast to f32 from that type: such nodes give f32
//         alone, and importers of narrow ones put casts around them.
//
// Results are at least as near to the exact ones as those of narrow arithmetic, which rounds every
// value and overflows beyond 65,504. Needs options.evaluate. Comes before all other passes, which
// know layers in f32 alone.
Status widen_floats(Graph& graph, const PassOptions& options);

}  // namespace octet
