// What happens to the products of a linear layer.
#pragma once

#include <cmath>

#include "kernels/numerics/activations.h"
#include "runtime/ops/linear.h"

namespace octet::reference {

inline double activate(Activation activation, double x) {
  switch (activation) {
    case Activation::kNone:
      return x;
    case Activation::kRelu:
      return numerics::relu(x);
    case Activation::kGelu:
      return numerics::gelu(x);
    case Activation::kGeluTanh:
      return numerics::gelu_tanh(x);
    case Activation::kTanh:
      return std::tanh(x);
    case Activation::kSigmoid:
      return numerics::sigmoid(x);
    case Activation::kSilu:
      return numerics::silu(x);
  }
  return x;
}

}  // namespace octet::reference
