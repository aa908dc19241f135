// Pass: float linear layers become quantized ones.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Before: Linear(src, constant weights, bias, residual)
// After, by the scheme that options.quantization has for the layer:
//  - codes of activations: QuantizeRows(src, 1 / smoothing) -> QuantizedLinear(codes, params, bias,
//    residual), weights as s8 per output feature (options.quantize_weights), one QuantizeRows per
//    src and smoothing. With options.smooth_from_norm, smoothing.h chooses the smoothing: weights
//    are quantized as W * diag(s), and rows are divided by s.
//  - weight-only: QuantizedLinear(src, -, bias, residual), weights without smoothing: the same, or
//    s4 in blocks.
//  - bf16: Linear with that scheme.
//  - none: Linear, which knows why.
// Weights are read, quantized and released one layer at a time, and those of several layers once.
// Layers whose weights are empty or hold NaN or infinity stay float; one warning counts them, the
// products that are no layers (float_products.h), and one names each rule that no layer follows.
// Errors: kIoError; kUnsupported for bf16 where options.features say no to it.
Status quantize_linear(Graph& graph, const PassOptions& options);

}  // namespace octet
