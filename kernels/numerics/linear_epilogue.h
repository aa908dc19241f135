// How the integer sum of a quantized linear layer becomes a float: the formula that every epilogue
// repeats bit for bit.
#pragma once

#include <cmath>
#include <cstdint>

namespace octet::numerics {

// acc = sum over k of code[m, k] * int_data[n, k], colsum[n] = sum over k of int_data[n, k]. The
// result is the exact
//   sum over k of (code[m, k] - src_zero_point) * (int_data[n, k] - weights_zero_point).
// Vector code may compute it modulo 2^32, which gives the same bits while k * 255 * 255 < 2^31, or,
// with s8 weights without zero point, k * 255 * 128 < 2^31 (k <= 65,793); kernels on s32 sums
// decline a larger k.
inline int64_t correct_zero_points(int64_t acc, int32_t src_zero_point, int64_t colsum,
                                   int32_t weights_zero_point, int64_t row_sum, int64_t k) {
  return acc - src_zero_point * colsum - weights_zero_point * row_sum +
         k * src_zero_point * weights_zero_point;
}

// fma(float(corrected), src_scale * weights_scale, bias): the conversion and the product of the
// scales each round to nearest float, then one fused multiply-add; bias is +0 where the layer has
// none. NaN in src_scale gives NaN.
inline float dequantize_sum(int64_t corrected, float src_scale, float weights_scale, float bias) {
  const float scale = src_scale * weights_scale;
  return std::fma(static_cast<float>(corrected), scale, bias);
}

}  // namespace octet::numerics
