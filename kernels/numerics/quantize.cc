// Quantization of values and of activation rows.
#include "kernels/numerics/quantize.h"

#include <algorithm>
#include <limits>

namespace octet::numerics {

int32_t quantize(float x, float scale, int32_t zero_point, int32_t low, int32_t high) {
  return quantize_quotient(double{x / scale}, zero_point, low, high);
}

int32_t quantize_quotient(double quotient, int32_t zero_point, int32_t low, int32_t high) {
  const double rounded = std::nearbyint(quotient);  // double: adding the zero point is exact
  if (std::isnan(rounded)) return low;
  return static_cast<int32_t>(
      std::clamp(rounded + zero_point, static_cast<double>(low), static_cast<double>(high)));
}

RowParams choose_row_params(float low, float high) {
  const float range = high - low;
  if (!std::isfinite(range)) return {std::numeric_limits<float>::quiet_NaN(), 0, 0, 0};
  const float scale = range / 255.0f;
  if (scale < kSmallestScale) return {1.0f, 0, 0, 0};
  const float zero_point = std::nearbyint(-low / scale);
  return {scale, static_cast<int32_t>(std::clamp(zero_point, 0.0f, 255.0f)), 0, 0};
}

RowParams params_of_range(float low, float high) {
  return choose_row_params(std::min(low, 0.0f), std::max(high, 0.0f));
}

void quantize_row_by(const float* src, int64_t k, RowParams& params, uint8_t* codes,
                     Heartbeat* beat) {
  Heartbeat endless(nullptr);
  Heartbeat& own = beat == nullptr ? endless : *beat;
  params.row_sum = 0;
  const bool is_nan = std::isnan(params.scale);
  for (int64_t i = 0; i < k && !own.stop(); ++i) {
    codes[i] =
        is_nan ? uint8_t{0}
               : static_cast<uint8_t>(quantize(src[i], params.scale, params.zero_point, 0, 255));
    params.row_sum += codes[i];
  }
}

RowParams quantize_row(const float* src, const float* reciprocal_smoothing, int64_t k,
                       uint8_t* codes, Heartbeat* beat) {
  Heartbeat endless(nullptr);
  Heartbeat& own = beat == nullptr ? endless : *beat;
  const auto value = [&](int64_t i) {
    return reciprocal_smoothing == nullptr ? src[i] : src[i] * reciprocal_smoothing[i];
  };
  float low = 0, high = 0;
  bool finite = true;
  for (int64_t i = 0; i < k && !own.stop(); ++i) {
    const float x = value(i);
    finite = finite && std::isfinite(x);
    low = std::min(low, x);
    high = std::max(high, x);
  }
  RowParams params =
      choose_row_params(low, finite ? high : std::numeric_limits<float>::quiet_NaN());
  if (std::isnan(params.scale)) {
    std::fill_n(codes, k, uint8_t{0});
    return params;
  }
  const float reciprocal = 1.0f / params.scale;
  for (int64_t i = 0; i < k && !own.stop(); ++i) {
    codes[i] = quantize_activation(value(i), reciprocal, params.zero_point);
    params.row_sum += codes[i];
  }
  return params;
}

}  // namespace octet::numerics
