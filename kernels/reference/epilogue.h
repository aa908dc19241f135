// What happens to the products of a linear layer.
#pragma once

#include <cmath>

#include "kernels/numerics/activations.h"
#include "kernels/numerics/quantize.h"
#include "kernels/reference/numbers.h"
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

// The end of the epilogue: element `index` of dst as its output type.
inline void store_output(const Epilogue& epilogue, const TensorView& dst, int64_t index,
                         double value) {
  if (epilogue.output_type == DType::kU8 || epilogue.output_type == DType::kI8) {
    const int32_t low = epilogue.output_type == DType::kU8 ? 0 : -128;
    value = numerics::quantize(static_cast<float>(value), epilogue.output_scale,
                               epilogue.output_zero_point, low, low + 255);
  }
  store_number(dst, index, value);
}

}  // namespace octet::reference
