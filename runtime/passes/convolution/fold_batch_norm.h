// Pass: a scale and a shift per channel go into the weights and the bias of the layer before them.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Chains of Mul(layer, c) and Add(layer, c), with the layer a Conv or Linear of constant f32
// weights and an f32 constant bias or none, no other reader, no activation and no residual yet, and
// c an f32 constant with one element per output channel (what BatchNormalization is in the IR): the
// layer's weights and bias become those of the result. The factors of a chain are multiplied
// first, in double, and the weights are scaled once, when they are loaded (Constant::scaled): the
// chain adds vectors to the graph, and no weights. Left alone: other operands, and factors whose
// product is no finite float.
Status fold_batch_norm(Graph& graph, const PassOptions& options);

}  // namespace octet
