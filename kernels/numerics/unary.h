// The scalar definition of every unary function, in double: rounded once to the type of dst it is
// the truth for all other code. Integers have theirs in kernels/reference/unary.cc.
#pragma once

#include "kernels/numerics/activations.h"
#include "runtime/ops/unary.h"

namespace octet::numerics {

struct UnaryParameters {
  double alpha = 0;
  double beta = 0;
};

struct UnaryDefinition {
  UnaryFunction function;
  double (*of)(double x, UnaryParameters parameters);
};

namespace unary_detail {
using U = UnaryFunction;
using P = UnaryParameters;

// One row for each function, in the order of kUnaryTable.
inline constexpr UnaryDefinition kTable[] = {
    {U::kAbs, [](double x, P) { return std::abs(x); }},
    {U::kAcos, [](double x, P) { return std::acos(x); }},
    {U::kAcosh, [](double x, P) { return std::acosh(x); }},
    {U::kAsin, [](double x, P) { return std::asin(x); }},
    {U::kAsinh, [](double x, P) { return std::asinh(x); }},
    {U::kAtan, [](double x, P) { return std::atan(x); }},
    {U::kAtanh, [](double x, P) { return std::atanh(x); }},
    {U::kBitwiseNot, [](double x, P) { return -1 - x; }},
    {U::kCeil, [](double x, P) { return std::ceil(x); }},
    {U::kCelu, [](double x, P p) { return celu(x, p.alpha); }},
    {U::kCos, [](double x, P) { return std::cos(x); }},
    {U::kCosh, [](double x, P) { return std::cosh(x); }},
    {U::kElu, [](double x, P p) { return elu(x, p.alpha, p.beta); }},
    {U::kErf, [](double x, P) { return std::erf(x); }},
    {U::kExp, [](double x, P) { return std::exp(x); }},
    {U::kFloor, [](double x, P) { return std::floor(x); }},
    {U::kGelu, [](double x, P) { return gelu(x); }},
    {U::kGeluTanh, [](double x, P) { return gelu_tanh(x); }},
    {U::kHardSigmoid, [](double x, P p) { return hard_sigmoid(x, p.alpha, p.beta); }},
    {U::kHardSwish, [](double x, P) { return x * hard_sigmoid(x, 1.0 / 6, 0.5); }},
    {U::kIsInf, [](double x, P) -> double { return std::isinf(x); }},
    {U::kIsNaN, [](double x, P) -> double { return std::isnan(x); }},
    {U::kLeakyRelu, [](double x, P p) { return x < 0 ? p.alpha * x : x; }},
    {U::kLog, [](double x, P) { return std::log(x); }},
    {U::kMish, [](double x, P) { return mish(x); }},
    {U::kNeg, [](double x, P) { return -x; }},
    {U::kNot, [](double x, P) -> double { return x == 0; }},
    {U::kReciprocal, [](double x, P) { return 1 / x; }},
    {U::kRelu, [](double x, P) { return relu(x); }},
    {U::kRound, [](double x, P) { return std::nearbyint(x); }},
    {U::kSigmoid, [](double x, P) { return sigmoid(x); }},
    {U::kSign, [](double x, P) { return sign(x); }},
    {U::kSilu, [](double x, P) { return silu(x); }},
    {U::kSin, [](double x, P) { return std::sin(x); }},
    {U::kSinh, [](double x, P) { return std::sinh(x); }},
    {U::kSoftplus, [](double x, P) { return softplus(x); }},
    {U::kSoftsign, [](double x, P) { return x / (1 + std::abs(x)); }},
    {U::kSqrt, [](double x, P) { return std::sqrt(x); }},
    {U::kTan, [](double x, P) { return std::tan(x); }},
    {U::kTanh, [](double x, P) { return std::tanh(x); }},
    {U::kThresholdedRelu, [](double x, P p) { return x > p.alpha ? x : 0; }},
};

constexpr bool is_complete() {
  if (std::size(kTable) != std::size(kUnaryTable)) return false;
  for (size_t i = 0; i < std::size(kTable); ++i)
    if (kTable[i].function != kUnaryTable[i].function) return false;
  return true;
}
static_assert(is_complete(), "each row of kUnaryTable needs one here, in its order");
}  // namespace unary_detail

constexpr auto unary_definition(UnaryFunction function) {
  return unary_detail::kTable[static_cast<size_t>(function)].of;
}

}  // namespace octet::numerics
