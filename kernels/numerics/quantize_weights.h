// Quantization of the weights of a linear layer, and the way back.
#pragma once

#include "runtime/core/quantized_tensor.h"

namespace octet::numerics {

// Symmetric s8 codes with one scale per output feature. For each row n, with w = weights[n, k], or
// weights[n, k] * smoothing[k] rounded to float where that is not nullptr:
//   scale[n] = max |w| / 127, code = clamp(round(w / scale[n]), -127, 127), in float, round half to
//   even;
// scale 1 and codes 0 where the quotient is below kSmallestScale. -128 is never used: the range is
// symmetric. `weights`: [N, K] f32, any strides. `smoothing`: K floats, kept in the result. No
// zero_point. Errors (kInvalidArgument): wrong type or rank, a weight that is not finite (also
// after smoothing), a smoothing factor that is not finite and positive; the message names the
// element.
Result<QuantizedTensor> quantize_weights_per_channel(const Tensor& weights, const float* smoothing);

// Signed codes of `bits` (2 to 8) with a scale for each block of `block` columns of a row, round to
// nearest: with m the element of the block with the largest magnitude (the first of several),
//   scale = m / -2^(bits - 1), code = clamp(round(w / scale), -2^(bits - 1), 2^(bits - 1) - 1)
// in float, round half to even, so that m itself is exact and all codes are used; scale 1 and codes
// 0 where |scale| is below kSmallestScale. The last block of a row may be shorter. `weights`: [N,
// K] f32, any strides. Errors as above. Precondition: block > 0.
Result<QuantizedTensor> quantize_weights_in_blocks(const Tensor& weights, int bits, int64_t block);

// W[n, k] = (int_data - zero_point) * scale / smoothing in float, in this order; [N, K] f32.
// Precondition: validate(tensor) is ok.
Tensor dequantize_weights(const QuantizedTensor& tensor);

// The code and the zero point of an element as integers; 0 where there is no zero point.
// Precondition of the latter: no float zero points.
int32_t code_at(const QuantizedTensor& tensor, int64_t n, int64_t k);
int32_t zero_point_at(const QuantizedTensor& tensor, int64_t n, int64_t k);
// The code less its zero point, of either kind.
double shifted_code(const QuantizedTensor& tensor, int64_t n, int64_t k);

}  // namespace octet::numerics
