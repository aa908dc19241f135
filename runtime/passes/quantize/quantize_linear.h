// Pass: float linear layers become quantized ones.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Before: Linear(src, constant weights, bias, residual)
// After:  QuantizeRows(src, 1 / smoothing) -> QuantizedLinear(codes, params, bias, residual),
// weights as s8 per output feature (options.quantize_weights), one QuantizeRows per src and
// smoothing. With options.smooth_from_norm, smoothing.h chooses the smoothing: weights are
// quantized as W * diag(s), and rows are divided by s. Weights are read, quantized and released one
// layer at a time, and those of several layers once. Layers whose weights are not constant, are
// empty or hold NaN or infinity stay float; of the latter the user is warned. Does nothing unless
// options.quantize_w8a8. Error: kIoError.
Status quantize_linear(Graph& graph, const PassOptions& options);

}  // namespace octet
