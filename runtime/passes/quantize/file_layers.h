// Pass: linear layers whose weights a file keeps as codes become quantized layers.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Before: Linear(src, weights that are coded, bias, residual)
// After:  QuantizedLinear with the file's own codes, scales and zero points, and by what src is:
//  - Dequantize(codes) with constant parameters for all elements: QuantizedLinear(codes, -, ..),
//    the static scheme, unless a product of its scale and one of the weights overflows. A Quantize
//    with constant parameters behind it, which alone reads its result, goes into the epilogue, so
//    that the next layer gets codes.
//  - Dequantize(Quantize(x)) by the range that x turns out to have, as DynamicQuantizeLinear does:
//    QuantizedLinear(QuantizeRows(x, -, low, high), ..); with options.requantize by the range of
//    each row, QuantizedLinear(QuantizeRows(x), ..).
//  - any other float: weight-only. Nothing is quantized that the file does not quantize.
//
// A layer that a rule of options.quantization leaves float stays so (one that an importer has made
// a quantized layer becomes a Linear of what its codes stand for), and so does one whose weights
// are coded in a form that no scheme has (a scale for each column of K, codes of 16 bits); its
// attributes say why. Error: kIoError.
Status file_layers(Graph& graph, const PassOptions& options);

}  // namespace octet
