// Pass: values that are only moved are moved as codes.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Before: Quantize(Dequantize(codes)) with the same parameters
// After:  codes
//
// Before: Quantize(move(Dequantize(codes))), where `move` is a Reshape, Transpose, Slice, Expand,
//         Gather or a Concat of several such, that nothing else reads
// After:  move(codes)
//
// Both exactly: the codes of (code - zero_point) * scale are the code. Left alone: parameters that
// are computed or differ, a scale for each channel, and scales at the ends of float.
Status move_codes(Graph& graph, const PassOptions& options);

}  // namespace octet
