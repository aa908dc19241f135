// Pass: products of codes that are scaled afterwards become products of dequantized values.
#pragma once

#include "runtime/passes/pipeline.h"

namespace octet {

// Before: sums = Cast i32(MatMul or Conv(lhs - lhs_zero_point, rhs - rhs_zero_point)) in f64, as
//         MatMulInteger and ConvInteger are imported, then Cast f32(sums) * scale with
//         scale = lhs_scale * rhs_scale, in any nesting
// After:  MatMul or Conv(Dequantize(lhs, lhs_scale, ..), Dequantize(rhs, rhs_scale, ..)) in f32
//
// which is the one form of quantized layers that the passes behind this one look for. The sums stay
// the same up to the rounding of float; layers that become quantized ones have them exact.
//
// lhs and rhs are codes of 8 bits. lhs_scale has one element; rhs_scale is a constant with one
// element, or one for each column (MatMul) or channel (Conv) in the axis that it is broadcast along. Left alone: anything else, and sums that have other readers. Error:
// kIoError.
Status integer_products(Graph& graph, const PassOptions& options);

}  // namespace octet
