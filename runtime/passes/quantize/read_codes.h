// Pass: constants that a file keeps as codes stay codes.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Before: Dequantize(codes, scale, zero_point) of constants
// After:  a constant that is computed when it is read and knows what it is made of
//         (Constant::coded()), so that a linear layer can have the codes themselves
//
// Before: Reshape of such a constant that leaves its parts in their places (leading extents of 1)
// After:  a constant of that kind in those extents
//
// Before: Gather(Dequantize(codes of constants, one scale), indices)
// After:  Dequantize(Gather(codes, indices)): an embedding table stays as small as it is in the
// file
//
// Before: Quantize of constants
// After:  a constant of codes, computed when it is read
//
// Left alone: constants that are computed from computed ones three deep, which folding evaluates
// once.
//
// Comes before constant folding, which would dissolve the codes. Needs options.evaluate.
Status read_codes(Graph& graph, const PassOptions& options);

}  // namespace octet
