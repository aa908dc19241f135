// Rounding, saturation and the quantization of activation rows: the definition that every backend
// repeats bit for bit.
#pragma once

#include <cmath>
#include <cstdint>

#include "runtime/core/dtype.h"
#include "runtime/core/heartbeat.h"

namespace octet::numerics {

// A scale below the smallest normal float has no finite reciprocal; what it would quantize counts
// as zeros.
inline constexpr float kSmallestScale = 0x1p-126f;

// ONNX QuantizeLinear (https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html):
//   saturate(round(x / scale) + zero_point), round half to even, saturation to [low, high].
// A quotient that is NaN, which the standard leaves open, gives `low`, as in ONNX Runtime:
// files count on it, whose masks have an infinite scale. Precondition: the rounding mode is to
// nearest.
int32_t quantize(float x, float scale, int32_t zero_point, int32_t low, int32_t high);
// The same of x / scale that was divided in another precision.
int32_t quantize_quotient(double quotient, int32_t zero_point, int32_t low, int32_t high);

// ONNX DequantizeLinear: (code - zero_point) * scale, with the exact difference.
inline float dequantize(int32_t code, float scale, int32_t zero_point) {
  return static_cast<float>(int64_t{code} - zero_point) * scale;
}

// The scale and zero point for u8 codes of values in [low, high], with low <= 0 <= high (ONNX
// DynamicQuantizeLinear):
//   scale = (high - low) / 255, zero_point = clamp(round(-low / scale), 0, 255), all in float,
//   round half to even.
// scale < kSmallestScale: scale 1, zero_point 0. high - low not finite (NaN, infinity, or beyond
// the largest float): scale NaN, zero_point 0. row_sum is 0.
RowParams choose_row_params(float low, float high);

// choose_row_params() of the range that has least and greatest value `low` and `high`, and 0 in it.
RowParams params_of_range(float low, float high);

// The code of one value of a row whose scale is not NaN:
//   clamp(round(x * reciprocal) + zero_point, 0, 255), reciprocal = 1 / scale rounded to float.
// The multiplication by the reciprocal is part of the definition (a division would differ where a
// quotient is near a half), so that vector code agrees bit for bit.
inline uint8_t quantize_activation(float x, float reciprocal, int32_t zero_point) {
  const auto code = static_cast<int32_t>(std::nearbyint(x * reciprocal)) + zero_point;
  return static_cast<uint8_t>(code < 0 ? 0 : code > 255 ? 255 : code);
}

// Codes of one row by `params`, whose row_sum it sets: quantize() of each value; all 0 where the
// scale is NaN. `beat` as below.
void quantize_row_by(const float* src, int64_t k, RowParams& params, uint8_t* codes,
                     Heartbeat* beat = nullptr);

// Quantizes one row of k values: x = src[i], or src[i] * reciprocal_smoothing[i] rounded to float
// where that is not nullptr; low = min(x, 0), high = max(x, 0) over the row; params from
// choose_row_params(); codes as above; row_sum the sum of the codes. A row in which any x is NaN or
// infinite, or whose range overflows, gets scale NaN, zero_point 0 and codes 0, so that everything
// computed from it is NaN. k == 0: scale 1. `beat` may end it early: the row then means nothing.
RowParams quantize_row(const float* src, const float* reciprocal_smoothing, int64_t k,
                       uint8_t* codes, Heartbeat* beat = nullptr);

}  // namespace octet::numerics
