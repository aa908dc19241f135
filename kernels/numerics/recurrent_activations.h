// The scalar definition of the activations of recurrent cells, in double: rounded once it is the
// truth for all other code.
#pragma once

#include "kernels/numerics/activations.h"
#include "runtime/ops/recurrence.h"

namespace octet::numerics {

// NaN stays NaN, but for kThresholdedRelu, where it gives 0.
inline double recurrent_activation(const RecurrentActivation& activation, double x) {
  const double alpha = activation.alpha, beta = activation.beta;
  switch (activation.function) {
    case RecurrentFunction::kAffine:
      return alpha * x + beta;
    case RecurrentFunction::kElu:
      return elu(x, alpha, 1);
    case RecurrentFunction::kHardSigmoid:
      return hard_sigmoid(x, alpha, beta);
    case RecurrentFunction::kLeakyRelu:
      return x < 0 ? alpha * x : x;
    case RecurrentFunction::kRelu:
      return relu(x);
    case RecurrentFunction::kScaledTanh:
      return alpha * std::tanh(beta * x);
    case RecurrentFunction::kSigmoid:
      return sigmoid(x);
    case RecurrentFunction::kSoftplus:
      return softplus(x);
    case RecurrentFunction::kSoftsign:
      return x / (1 + std::abs(x));
    case RecurrentFunction::kTanh:
      return std::tanh(x);
    case RecurrentFunction::kThresholdedRelu:
      return x > alpha ? x : 0;
  }
  return x;
}

}  // namespace octet::numerics
