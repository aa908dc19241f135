// What the rules of error_bounds.cc, product_error_bounds.cc and code_error_bounds.cc share.
#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "runtime/graph/graph.h"
#include "runtime/ops/recurrence.h"
#include "tests/support/float_bounds.h"

namespace octet::fuzz {

inline constexpr double kUnknown = std::numeric_limits<double>::infinity();
// Every rounding counts four times: both sides round, and fused forms have an operation more.
inline constexpr double kTimes = 4;
inline constexpr double kU = kTimes * test::kFloatRounding;
inline constexpr double kUnderflow = kTimes * test::kFloatUnderflow;
// Vectorized functions are within a few units of the last place of what they state; see
// kernels/cpu/simd/vector_math-inl.h.
inline constexpr double kFunction = kTimes * 1e-6;
template <class Number>
double gamma(Number count) {
  return kTimes * test::gamma(static_cast<int64_t>(count));
}

// What the rules ask of a tensor.
struct Facts {
  double error = 0;
  double largest = 0;          // of |x|
  double smallest = kUnknown;  // of |x|
  double low = kUnknown;       // of x
  bool finite = true, integral = true;
  // Made of codes by a scale that no product is exact with: a fused form that scales the sum
  // instead of its terms rounds elsewhere, though each term is an integer.
  bool scaled = false;
  // Of exact sums of products of codes: how far the sum of products of scaled codes may be from
  // them, times the scales. The passes make such sums of what is scaled afterwards.
  double deferred = 0;
  int64_t columns = 1;
};

// Sums are float32: where one may overflow on the way, the reference, which adds in double, says
// nothing about the result. `magnitude` is what the terms may come to.
inline bool may_overflow(double magnitude) { return magnitude > std::numeric_limits<float>::max(); }

// 0 for exact inputs, unknown otherwise: where an op has steps.
inline double step(double error) { return error == 0 ? 0 : kUnknown; }

struct Operation {
  std::vector<Facts> in;               // absent inputs are exact zeros
  std::vector<const Tensor*> tensors;  // of `in`, nullptr for absent ones
  Facts out;
  DType dtype;
  size_t output = 0;            // which output of the node the bound is for
  const Tensor* src = nullptr;  // input 0
  int64_t reduced = 1;          // elements of src per element of dst

  double largest_error() const {
    double error = 0;
    for (const Facts& facts : in) error = std::max(error, facts.error);
    return error;
  }
  bool all_finite() const {
    for (const Facts& facts : in)
      if (!facts.finite) return false;
    return true;
  }
  // Whether a sum of `count` products no larger than `product` is computed without a rounding:
  // below 2^24 float32 holds every integer.
  bool exact(double count, double product) const {
    for (const Facts& facts : in)
      if (facts.error != 0 || !facts.integral || facts.scaled) return false;
    return count * product <= (dtype == DType::kF64 ? 0x1p53 : 0x1p24);
  }
};

// product_error_bounds.cc
double bound(const MatMulAttrs& attrs, const Operation& op);
double bound(const LinearAttrs& attrs, const Operation& op);
double bound(const ConvAttrs& attrs, const Operation& op);
double bound(const AttentionAttrs& attrs, const Operation& op);
double bound(const RecurrenceAttrs& attrs, const Operation& op);
double bound(const QuantizedLinearAttrs& attrs, const Operation& op);
// Products that an element of the result is a sum of.
double product_count(const MatMulAttrs& attrs, const Operation& op);
double product_count(const ConvAttrs& attrs, const Operation& op);

// code_error_bounds.cc. These two know what to say of inputs that are not finite or not known.
double bound(const QuantizeAttrs& attrs, const Operation& op);
double bound(const QuantizationParamsAttrs& attrs, const Operation& op);
double bound(const DequantizeAttrs& attrs, const Operation& op);
// Whether Dequantize gives numbers that are `scaled`.
bool scale_rounds(const Tensor& scale);

}  // namespace octet::fuzz
