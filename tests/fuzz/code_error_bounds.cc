// Codes. Where their inputs are exact so are they, bit for bit (numerics/quantize.h); where a value
// may be off by e, its code may be off by e / scale and a step more, because a quotient beside a
// half may round to either side. A code is never further off than its range.
#include <algorithm>

#include "tests/fuzz/error_rules.h"
#include "tests/support/tensors.h"

namespace octet::fuzz {

double bound(const QuantizeAttrs& attrs, const Operation& op) {
  if (op.largest_error() == 0) return 0;
  if (is_small_float(attrs.type)) return kUnknown;
  const Facts &src = op.in[0], &scale = op.in[1];
  const double range = attrs.high() - attrs.low(), zero = op.in.size() > 2 ? op.in[2].error : 0;
  const double least = scale.smallest - scale.error;
  if (!op.all_finite() || std::isinf(op.largest_error()) || !(least > 0)) return range;
  // Larger quotients saturate on both sides.
  const double quotient = std::min((src.largest + src.error) / least, 4 * range);
  const double moved = src.error / least + quotient * (scale.error / least + kU);
  return std::min(moved + zero + 1, range);
}

double bound(const DequantizeAttrs&, const Operation& op) {
  if (op.largest_error() == 0) return 0;
  const Facts &codes = op.in[0], &scale = op.in[1];
  const Facts none, &zero = op.in.size() > 2 ? op.in[2] : none;
  return (codes.error + zero.error) * (scale.largest + scale.error) +
         (codes.largest + zero.largest) * scale.error + kU * op.out.largest;
}

bool scale_rounds(const Tensor& scale) {
  for (const double x : test::to_doubles(scale)) {
    int exponent = 0;
    const bool power_of_two = std::abs(std::frexp(x, &exponent)) == 0.5;
    if (!power_of_two || std::abs(exponent) > 20) return true;
  }
  return false;
}

// scale = (high - low) / 255; zero_point = round(-low / scale), at most 255.
double bound(const QuantizationParamsAttrs&, const Operation& op) {
  const double error = op.largest_error();
  if (error == 0) return 0;
  const bool of_scale = op.output == 0;
  if (!op.all_finite() || std::isinf(error)) return of_scale ? kUnknown : 255;
  const double low = std::min(op.in[0].low, 0.0), high = std::max(op.in[1].low, 0.0);
  const double scale = (high - low) / 255;
  const double scale_error = 2 * error / 255 + kU * scale;
  // Below the smallest scale it becomes 1.
  if (scale - scale_error <= test::kFloatUnderflow) return of_scale ? kUnknown : 255;
  if (of_scale) return scale_error;
  return std::min(255.0, (error + 255 * scale_error) / (scale - scale_error) + 1);
}

}  // namespace octet::fuzz
