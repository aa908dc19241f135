// Bounds on the rounding errors of float arithmetic, derived, not chosen.
//
// u = 2^-24 is the largest relative error of one rounding to float32. A sum of products of k terms,
// in any order and with or without fused multiply-add, differs from the exact one by at most
// gamma(k) * sum |lhs_i * rhs_i| (Higham, "Accuracy and Stability of Numerical Algorithms", 2nd
// edition, section 3.1).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "runtime/ops/linear.h"

namespace octet::test {

inline constexpr double kFloatRounding = 0x1p-24;
inline constexpr double kBFloat16Rounding = 0x1p-8;
inline constexpr double kFloat16Rounding = 0x1p-11;
// Below it a result may be flushed to zero or lose bits: half the smallest normal float times a few
// operations.
inline constexpr double kFloatUnderflow = 0x1p-126;

// gamma(count) = count u / (1 - count u): the relative error of `count` roundings in a row.
inline double gamma(int64_t count, double rounding = kFloatRounding) {
  const double error = static_cast<double>(count) * rounding;
  return error / (1 - error);
}

// Of a float dot product of k terms, `magnitudes` = sum |lhs_i * rhs_i|.
inline double dot_error_bound(int64_t k, double magnitudes) {
  return gamma(k) * magnitudes + kFloatUnderflow;
}

// The largest slope of an activation: how much an error of its argument can grow. gelu: 1.1290 at x
// = sqrt 2, gelu_tanh within 0.001 of it, silu: 1.0999 at x = 2.40.
inline double activation_slope(Activation activation) {
  switch (activation) {
    case Activation::kNone:
    case Activation::kRelu:
    case Activation::kTanh:
      return 1;
    case Activation::kSigmoid:
      return 0.25;
    case Activation::kGelu:
    case Activation::kGeluTanh:
      return 1.13;
    case Activation::kSilu:
      return 1.1;
  }
  return 1;
}

// What a vectorized activation of `argument` may differ from the exact one: the bounds stated in
// kernels/cpu/simd/vector_math-inl.h, and where it gives 0 for a result below the smallest normal
// float.
inline double activation_error_bound(Activation activation, double argument) {
  const double magnitude = std::abs(argument);
  switch (activation) {
    case Activation::kNone:
    case Activation::kRelu:
      return 0;
    case Activation::kTanh:
      return 4e-7 * std::min(magnitude, 1.0);
    case Activation::kSigmoid:
      return 3e-7 / (1 + std::exp(-argument)) + kFloatUnderflow;
    case Activation::kGelu:
      return 3e-7 * std::max(magnitude, 1e-3);
    case Activation::kGeluTanh:
      return 5e-7 * std::max(magnitude, 1e-3);
    case Activation::kSilu:
      return 4e-7 * magnitude + kFloatUnderflow;
  }
  return 0;
}

// Whether `found` may be the result of arithmetic with this bound: NaN for NaN, the same infinity
// for an infinity.
inline bool within(double found, double expected, double bound) {
  if (std::isnan(expected)) return std::isnan(found);
  if (std::isinf(expected)) return found == expected;
  return std::abs(found - expected) <= bound;
}

}  // namespace octet::test
