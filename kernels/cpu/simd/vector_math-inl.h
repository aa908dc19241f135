// exp, log, erf, tanh, sigmoid and the activations made of them, for vectors of f32, in Highway.
//
// Include it after hwy/foreach_target.h in a file that is compiled once per target; everything is
// inline in octet::HWY_NAMESPACE. Each lane's result depends on that lane's input alone and, for a
// given target, on nothing else. Polynomials and rational functions were fitted for this file
// (weighted least squares, reweighted until the error was level); the bounds stated here are
// checked over sweeps in tests/cpu/simd/vector_math_test.cc.

// The guard flips with every target, see hwy/foreach_target.h.
#if defined(OCTET_KERNELS_CPU_SIMD_VECTOR_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef OCTET_KERNELS_CPU_SIMD_VECTOR_MATH_INL_H_
#undef OCTET_KERNELS_CPU_SIMD_VECTOR_MATH_INL_H_
#else
#define OCTET_KERNELS_CPU_SIMD_VECTOR_MATH_INL_H_
#endif

#include <limits>

#include "hwy/highway.h"
#include "kernels/cpu/simd/gelu_table-inl.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The natural logarithm of the smallest normal and of the largest finite f32, rounded towards 0.
inline constexpr float kExpLow = -87.33654f;
inline constexpr float kExpHigh = 88.72283f;

// Adding it rounds a small number to an integer, half to even, and leaves that integer plus 127,
// the bias of the exponent of f32, in the lowest bits.
inline constexpr float kRoundToExponent = 0x1.8p23f + 127;

// e^r for |r| <= ln(2)/2 and the rounded x / ln 2 from which r was left.
template <class V>
struct ExpParts {
  V fraction;
  V shifted;  // n + kRoundToExponent, with e^x = 2^n * fraction
};

//   e^x = 2^n e^r with n = round(x / ln 2); ln 2 is split in two (Cody and Waite), so that r is
//   exact.
template <class D, class V = hn::Vec<D>>
HWY_INLINE ExpParts<V> exp_parts(D d, V x) {
  const V shifted = hn::MulAdd(x, hn::Set(d, 1.44269504f), hn::Set(d, kRoundToExponent));
  const V n = hn::Sub(shifted, hn::Set(d, kRoundToExponent));
  V r = hn::NegMulAdd(n, hn::Set(d, 0.693359375f), x);
  r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), r);
  V p = hn::MulAdd(hn::Set(d, 1.38143203603182e-3f), r, hn::Set(d, 8.36885108538412e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 4.16684010881351e-2f));
  p = hn::MulAdd(p, r, hn::Set(d, 0.166665195238875f));
  p = hn::MulAdd(p, r, hn::Set(d, 0.499999933730645f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f));
  return {hn::MulAdd(p, r, hn::Set(d, 1.0f)), shifted};
}

// e^x for x <= 0 (softmax): within 1 ulp; exactly 0 below kExpLow and for -inf; NaN gives NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp_nonpositive(D d, V x) {
  const hn::RebindToSigned<D> di;
  const ExpParts<V> parts = exp_parts(d, x);
  const V scale = hn::BitCast(d, hn::ShiftLeft<23>(hn::BitCast(di, parts.shifted)));
  return hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, kExpLow)), hn::Mul(parts.fraction, scale));
}

// e^x: as exp_nonpositive, and +inf above kExpHigh.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_exp(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V infinity = hn::Set(d, std::numeric_limits<float>::infinity());
  const ExpParts<V> parts = exp_parts(d, x);
  // Adding n to the exponent of the fraction reaches n = 128, for which there is no 2^n.
  const auto n = hn::ShiftLeft<23>(hn::Sub(hn::BitCast(di, parts.shifted), hn::Set(di, 127)));
  V y = hn::BitCast(d, hn::Add(hn::BitCast(di, parts.fraction), n));
  y = hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, kExpLow)), y);
  return hn::IfThenElse(hn::Le(x, hn::Set(d, kExpHigh)), y, hn::Mul(x, infinity));
}

// min(max(x, -bound), bound); NaN stays NaN, because x86 gives the second operand where either is
// NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V clamp_symmetric(D d, V x, float bound) {
  return hn::Max(hn::Set(d, -bound), hn::Min(hn::Set(d, bound), x));
}

// erf(z), may exceed 1 by 2 ulp: z p(z^2) / q(z^2); beyond 3.92 erf is 1 to f32.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V erf_unclamped(D d, V z) {
  z = clamp_symmetric(d, z, 3.92f);
  const V t = hn::Mul(z, z);
  V p = hn::MulAdd(hn::Set(d, 2.05007478084803e-6f), t, hn::Set(d, 2.84883524107841e-4f));
  p = hn::MulAdd(p, t, hn::Set(d, 3.76566581579426e-3f));
  p = hn::MulAdd(p, t, hn::Set(d, 5.27488773643669e-2f));
  p = hn::MulAdd(p, t, hn::Set(d, 0.190407639415470f));
  p = hn::MulAdd(p, t, hn::Set(d, 1.128379146139523f));
  V q = hn::MulAdd(hn::Set(d, 3.80916266257200e-5f), t, hn::Set(d, 1.16254671054935e-3f));
  q = hn::MulAdd(q, t, hn::Set(d, 1.49693163666283e-2f));
  q = hn::MulAdd(q, t, hn::Set(d, 0.114109595090280f));
  q = hn::MulAdd(q, t, hn::Set(d, 0.502077117761858f));
  q = hn::MulAdd(q, t, hn::Set(d, 1.0f));
  return hn::Div(hn::Mul(z, p), q);
}

// erf(x): relative error <= 4e-7, |erf| <= 1.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_erf(D d, V x) {
  return clamp_symmetric(d, erf_unclamped(d, x), 1.0f);
}

// x/2 (1 + erf(x / sqrt 2)): absolute error <= 3e-7 |x|, exactly x or 0 for |x| >= 5.55; NaN for
// -infinity.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_gelu(D d, V x) {
  if constexpr (hn::MaxLanes(d) == 16) return gelu_by_table(d, x);
  const V erf = erf_unclamped(d, hn::Mul(x, hn::Set(d, 0.70710678f)));
  const V half = hn::Mul(x, hn::Set(d, 0.5f));
  return hn::MulAdd(half, erf, half);
}

// tanh(x): relative error <= 4e-7, |tanh| <= 1: x p(x^2) / q(x^2); beyond 9.02 tanh is 1 to f32.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_tanh(D d, V x) {
  x = clamp_symmetric(d, x, 9.02f);
  const V t = hn::Mul(x, x);
  V p = hn::MulAdd(hn::Set(d, 1.33191021559864e-8f), t, hn::Set(d, 2.05835062688265e-5f));
  p = hn::MulAdd(p, t, hn::Set(d, 3.49403621784952e-3f));
  p = hn::MulAdd(p, t, hn::Set(d, 0.133797193824093f));
  p = hn::MulAdd(p, t, hn::Set(d, 0.999999979015527f));
  V q = hn::MulAdd(hn::Set(d, 7.76203275412428e-7f), t, hn::Set(d, 3.28309545365603e-4f));
  q = hn::MulAdd(q, t, hn::Set(d, 2.58710796505941e-2f));
  q = hn::MulAdd(q, t, hn::Set(d, 0.467130346244006f));
  q = hn::MulAdd(q, t, hn::Set(d, 1.0f));
  return clamp_symmetric(d, hn::Div(hn::Mul(x, p), q), 1.0f);
}

// x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))): absolute error <= 5e-7 |x|; NaN for -infinity.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_gelu_tanh(D d, V x) {
  const V cubic = hn::MulAdd(hn::Mul(x, x), hn::Set(d, 0.0356774081f), hn::Set(d, 0.797884561f));
  const V half = hn::Mul(x, hn::Set(d, 0.5f));
  return hn::MulAdd(half, vector_tanh(d, hn::Mul(x, cubic)), half);
}

// 1 / (1 + e^-x): relative error <= 3e-7 for x >= -87, then 0.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_sigmoid(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  return hn::Div(one, hn::Add(one, vector_exp(d, hn::Neg(x))));
}

// x sigmoid(x): relative error <= 4e-7 for x >= -87.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_silu(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  return hn::Div(x, hn::Add(one, vector_exp(d, hn::Neg(x))));
}

// log(x): relative error <= 2e-7, absolute error <= 1e-7 near 1; -inf for 0, NaN below, subnormals
// as if scaled.
//   log(2^n m) = n ln 2 + log(m), m in [sqrt(1/2), sqrt 2)
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_log(D d, V x) {
  const hn::RebindToSigned<D> di;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto subnormal = hn::Lt(x, hn::Set(d, std::numeric_limits<float>::min()));
  const V scaled = hn::IfThenElse(subnormal, hn::Mul(x, hn::Set(d, 8388608.0f)), x);
  // Taking sqrt(1/2) from the bits puts the exponent that makes m fall in its interval into the
  // upper bits.
  const auto bits = hn::BitCast(di, scaled);
  const auto offset = hn::Sub(bits, hn::Set(di, 0x3f3504f3));
  const auto exponent = hn::ShiftRight<23>(offset);
  const V m = hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<23>(exponent)));
  V n = hn::ConvertTo(d, exponent);
  n = hn::IfThenElse(subnormal, hn::Sub(n, hn::Set(d, 23.0f)), n);
  const V f = hn::Sub(m, hn::Set(d, 1.0f));
  V p = hn::MulAdd(hn::Set(d, 6.91516552018044e-2f), f, hn::Set(d, -0.117897050099180f));
  p = hn::MulAdd(p, f, hn::Set(d, 0.118730129208055f));
  p = hn::MulAdd(p, f, hn::Set(d, -0.123843684611395f));
  p = hn::MulAdd(p, f, hn::Set(d, 0.142186556531034f));
  p = hn::MulAdd(p, f, hn::Set(d, -0.166692495766423f));
  p = hn::MulAdd(p, f, hn::Set(d, 0.200022266961518f));
  p = hn::MulAdd(p, f, hn::Set(d, -0.249999866235144f));
  p = hn::MulAdd(p, f, hn::Set(d, 0.333333104385586f));
  const V square = hn::Mul(f, f);
  V y = hn::Mul(hn::Mul(p, square), f);
  y = hn::MulAdd(n, hn::Set(d, -2.12194440e-4f), y);
  y = hn::MulAdd(square, hn::Set(d, -0.5f), y);
  y = hn::MulAdd(n, hn::Set(d, 0.693359375f), hn::Add(f, y));
  y = hn::IfThenElse(hn::Eq(x, hn::Set(d, kInfinity)), x, y);
  y = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), hn::Set(d, -kInfinity), y);
  const V nan = hn::Set(d, std::numeric_limits<float>::quiet_NaN());
  return hn::IfThenElse(hn::Ge(x, hn::Zero(d)), y, nan);
}

}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#endif  // the toggled guard
