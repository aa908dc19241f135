// Reference of the unary elementwise functions.
#include <cmath>

#include "kernels/numerics/activations.h"
#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }

double apply(const UnaryAttrs& attrs, double x) {
  const double alpha = static_cast<double>(attrs.alpha), beta = static_cast<double>(attrs.beta);
  switch (attrs.function) {
    case UnaryFunction::kAbs:
      return std::abs(x);
    case UnaryFunction::kCeil:
      return std::ceil(x);
    case UnaryFunction::kCelu:
      return numerics::celu(x, alpha);
    case UnaryFunction::kCos:
      return std::cos(x);
    case UnaryFunction::kElu:
      return numerics::elu(x, alpha, beta);
    case UnaryFunction::kErf:
      return std::erf(x);
    case UnaryFunction::kExp:
      return std::exp(x);
    case UnaryFunction::kFloor:
      return std::floor(x);
    case UnaryFunction::kGelu:
      return numerics::gelu(x);
    case UnaryFunction::kGeluTanh:
      return numerics::gelu_tanh(x);
    case UnaryFunction::kHardSigmoid:
      return numerics::hard_sigmoid(x, alpha, beta);
    case UnaryFunction::kHardSwish:
      return x * numerics::hard_sigmoid(x, 1.0 / 6, 0.5);
    case UnaryFunction::kIsInf:
      return std::isinf(x);
    case UnaryFunction::kIsNaN:
      return std::isnan(x);
    case UnaryFunction::kLeakyRelu:
      return x < 0 ? alpha * x : x;
    case UnaryFunction::kLog:
      return std::log(x);
    case UnaryFunction::kMish:
      return numerics::mish(x);
    case UnaryFunction::kNeg:
      return -x;
    case UnaryFunction::kNot:
      return x == 0;
    case UnaryFunction::kReciprocal:
      return 1 / x;
    case UnaryFunction::kRelu:
      return numerics::relu(x);
    case UnaryFunction::kRound:
      return std::nearbyint(x);
    case UnaryFunction::kSigmoid:
      return numerics::sigmoid(x);
    case UnaryFunction::kSign:
      return sign(x);
    case UnaryFunction::kSilu:
      return numerics::silu(x);
    case UnaryFunction::kSin:
      return std::sin(x);
    case UnaryFunction::kSoftplus:
      return numerics::softplus(x);
    case UnaryFunction::kSqrt:
      return std::sqrt(x);
    case UnaryFunction::kTanh:
      return std::tanh(x);
    case UnaryFunction::kThresholdedRelu:
      return x > alpha ? x : 0;
  }
  return 0;
}

// Of the integers; negation wraps. `is_unsigned`: uint64, whose upper half is negative here.
int64_t apply(UnaryFunction function, int64_t x, bool is_unsigned) {
  const bool negative = x < 0 && !is_unsigned;
  const auto negated = static_cast<int64_t>(0 - static_cast<uint64_t>(x));
  switch (function) {
    case UnaryFunction::kAbs:
      return negative ? negated : x;
    case UnaryFunction::kNeg:
      return negated;
    case UnaryFunction::kNot:
      return x == 0;
    case UnaryFunction::kRelu:
      return negative ? 0 : x;
    case UnaryFunction::kSign:
      return negative ? -1 : x != 0;
    case UnaryFunction::kIsInf:
    case UnaryFunction::kIsNaN:
      return 0;
    default:
      return x;  // the roundings; the others are refused for integers
  }
}

}  // namespace

Status unary(const UnaryAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView &src = args.inputs[0], &dst = args.outputs[0];
  const bool integers = !is_floating(src.dtype);
  walk<1>(share, src.shape, {src.strides}, [&](int64_t index, const auto& offsets, const auto&) {
    if (integers) {
      const int64_t x = load_integer(src, offsets[0]);
      store_integer(dst, index, apply(attrs.function, x, src.dtype == DType::kU64));
    } else {
      store_number(dst, index, apply(attrs, load_number(src, offsets[0])));
    }
  });
  return Status::ok();
}

}  // namespace octet::reference
