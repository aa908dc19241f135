// The scalar functions of activations, in double: rounded once to float they are the truth for
// vector code.
#pragma once

#include <cmath>
#include <numbers>

namespace octet::numerics {

// x/2 (1 + erf(x / sqrt 2)); Hendrycks and Gimpel, "Gaussian Error Linear Units", arXiv:1606.08415.
// Written with erfc, so that the negative tail keeps its relative precision.
inline double gelu(double x) { return 0.5 * x * std::erfc(-x / std::numbers::sqrt2); }

// x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), section 2 of the same paper; as x * sigmoid(2 t),
// which is the same number and keeps the negative tail.
inline double gelu_tanh(double x) {
  const double t = std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
  return x / (1 + std::exp(-2 * t));
}

// 1 / (1 + exp(-x))
inline double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// x sigmoid(x)
inline double silu(double x) { return x * sigmoid(x); }

// log(1 + exp(x)) without overflow.
inline double softplus(double x) { return std::fmax(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

// x tanh(softplus(x)); Misra, "Mish", arXiv:1908.08681.
inline double mish(double x) { return x * std::tanh(softplus(x)); }

// x > 0 ? beta x : beta alpha (exp(x) - 1); Clevert et al., arXiv:1511.07289, and Selu.
inline double elu(double x, double alpha, double beta) {
  return beta * (x > 0 ? x : alpha * std::expm1(x));
}

// max(0, x) + min(0, alpha (exp(x / alpha) - 1)); Barron, arXiv:1704.07483.
inline double celu(double x, double alpha) { return x > 0 ? x : alpha * std::expm1(x / alpha); }

// max(0, min(1, alpha x + beta)); NaN stays NaN.
inline double hard_sigmoid(double x, double alpha, double beta) {
  const double line = alpha * x + beta;
  return line < 0 ? 0 : line > 1 ? 1 : line;
}

// max(x, 0); NaN stays NaN.
inline double relu(double x) { return x < 0 ? 0 : x; }

// -1, 0 or 1; a zero keeps its sign, NaN stays NaN.
inline double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }

}  // namespace octet::numerics
