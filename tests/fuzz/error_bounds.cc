// One rule per op: the error of its inputs times its slope, plus its own rounding.
#include "tests/fuzz/error_bounds.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/support/float_bounds.h"
#include "tests/support/tensors.h"

namespace octet::fuzz {
namespace {

using test::gamma;

constexpr double kUnknown = std::numeric_limits<double>::infinity();
constexpr double kU = test::kFloatRounding;
constexpr double kExactIntegers = 0x1p24;  // below it float32 holds every integer
// Vectorized functions are within a few units of the last place of what they state; see
// kernels/cpu/simd/vector_math-inl.h.
constexpr double kFunction = 1e-6;

// What the rules ask of a tensor.
struct Facts {
  double error = 0;
  double largest = 0;          // of |x|
  double smallest = kUnknown;  // of |x|
  double low = kUnknown;       // of x
  bool finite = true, integral = true;
  int64_t columns = 1;
};

Facts facts_of(const Tensor& tensor, double error) {
  Facts facts;
  facts.error = error;
  if (tensor.shape().rank() > 0) facts.columns = tensor.shape().back();
  for (const double x : test::to_doubles(tensor)) {
    facts.finite &= std::isfinite(x);
    facts.integral &= x == std::floor(x);
    facts.largest = std::max(facts.largest, std::abs(x));
    facts.smallest = std::min(facts.smallest, std::abs(x));
    facts.low = std::min(facts.low, x);
  }
  return facts;
}

// Sums are float32: where one may overflow on the way, the reference, which adds in double, says
// nothing about the result. `magnitude` is what the terms may come to.
bool may_overflow(double magnitude) { return magnitude > std::numeric_limits<float>::max(); }

// 0 for exact inputs, unknown otherwise: where an op has steps.
double step(double error) { return error == 0 ? 0 : kUnknown; }

struct Operation {
  std::vector<Facts> in;  // absent inputs are exact zeros
  Facts out;
  DType dtype;
  const Tensor* src = nullptr;  // input 0
  int64_t reduced = 1;          // elements of src per element of dst

  double largest_error() const {
    double error = 0;
    for (const Facts& facts : in) error = std::max(error, facts.error);
    return error;
  }
  // Whether a sum of `count` products no larger than `product` is computed without a rounding.
  bool exact(double count, double product) const {
    for (const Facts& facts : in)
      if (facts.error != 0 || !facts.integral) return false;
    return count * product <= kExactIntegers;
  }
};

double quotient(const Facts& lhs, const Facts& rhs, const Facts& out) {
  if (rhs.smallest <= 2 * rhs.error || rhs.smallest == 0) return kUnknown;
  return (lhs.error + out.largest * rhs.error) / (rhs.smallest - rhs.error) + 2 * kU * out.largest;
}

double bound(const BinaryAttrs& attrs, const Operation& op) {
  const Facts &lhs = op.in[0], &rhs = op.in[1];
  const double rounding = op.exact(1, op.out.largest) ? 0 : kU * op.out.largest;
  const double sum = lhs.error + rhs.error;
  switch (attrs.function) {
    case BinaryFunction::kAdd:
    case BinaryFunction::kSub:
      return sum + rounding;
    case BinaryFunction::kMul:
      return lhs.error * rhs.largest + rhs.error * lhs.largest + lhs.error * rhs.error + rounding;
    case BinaryFunction::kDiv:
      return quotient(lhs, rhs, op.out);
    case BinaryFunction::kMax:
    case BinaryFunction::kMin:
      return std::max(lhs.error, rhs.error);
    case BinaryFunction::kPow:
      if (rhs.error != 0) return kUnknown;
      if (rhs.low == 2 && rhs.largest == 2)
        return (2 * lhs.largest + lhs.error) * lhs.error + 4 * kU * op.out.largest;
      return lhs.error == 0 ? 16 * kFunction * op.out.largest : kUnknown;
    case BinaryFunction::kMod:
      return op.exact(1, op.out.largest) ? 0 : kUnknown;
    default:  // comparisons and logic
      return step(sum);
  }
}

double bound(const UnaryAttrs& attrs, const Operation& op) {
  const Facts &src = op.in[0], &out = op.out;
  const double error = src.error, scale = std::max(1.0, src.largest);
  switch (attrs.function) {
    case UnaryFunction::kAbs:
    case UnaryFunction::kNeg:
    case UnaryFunction::kRelu:
      return error;
    case UnaryFunction::kCeil:
    case UnaryFunction::kFloor:
    case UnaryFunction::kRound:
    case UnaryFunction::kSign:
    case UnaryFunction::kIsNaN:
    case UnaryFunction::kIsInf:
    case UnaryFunction::kNot:
      return step(error);
    case UnaryFunction::kSin:
    case UnaryFunction::kCos:  // the argument is reduced with its own rounding
      return error + kFunction * scale;
    case UnaryFunction::kSoftsign:
      return error + kU;
    case UnaryFunction::kErf:
    case UnaryFunction::kTanh:
    case UnaryFunction::kSigmoid:  // slopes of at most 2 / sqrt pi
      return 1.13 * error + kFunction;
    case UnaryFunction::kGelu:
    case UnaryFunction::kGeluTanh:
    case UnaryFunction::kSilu:
    case UnaryFunction::kSoftplus:
      return 1.13 * error + kFunction * scale;
    case UnaryFunction::kExp:
      return out.largest * (std::expm1(error) + kFunction * scale);
    case UnaryFunction::kLog:
      if (src.low <= 2 * error) return kUnknown;
      return error / (src.low - error) + kFunction * std::max(1.0, out.largest);
    case UnaryFunction::kReciprocal:
      return quotient(Facts{.largest = 1, .smallest = 1, .low = 1}, src, out);
    case UnaryFunction::kSqrt:
      if (src.low <= 2 * error && error != 0) return kUnknown;
      return (error == 0 ? 0 : error / (2 * std::sqrt(src.low - error))) + 2 * kU * out.largest;
    default:
      return kUnknown;
  }
}

double bound(const CastAttrs& attrs, const Operation& op) {
  const double rounding =
      op.in[0].largest <= kExactIntegers && op.in[0].integral ? 0 : kU * op.out.largest;
  if (attrs.to == DType::kF32) return op.in[0].error + rounding;
  return step(op.in[0].error);
}

double bound(const WhereAttrs&, const Operation& op) {
  return step(op.in[0].error) + std::max(op.in[1].error, op.in[2].error);
}

// Of a sum of `count` terms of at most `term`.
double sum_bound(const Operation& op, double count, double term) {
  if (may_overflow(count * term)) return kUnknown;
  return op.exact(count, term) ? 0 : gamma(static_cast<int64_t>(count)) * count * term;
}

double bound(const ReduceAttrs& attrs, const Operation& op) {
  const Facts& src = op.in[0];
  const auto n = static_cast<double>(std::max<int64_t>(1, op.reduced));
  const double error = src.error, m = src.largest + error;
  switch (attrs.function) {
    case ReduceFunction::kSum:
    case ReduceFunction::kL1:
      return n * error + sum_bound(op, n, m);
    case ReduceFunction::kMean:
      return may_overflow(n * m) ? kUnknown : error + gamma(op.reduced + 2) * m;
    case ReduceFunction::kMax:
    case ReduceFunction::kMin:
      return error;
    case ReduceFunction::kProd:
      if (may_overflow(std::pow(m, n))) return kUnknown;
      return op.exact(1, std::pow(m, n)) ? 0
             : error == 0                ? gamma(op.reduced) * std::pow(m, n)
                                         : kUnknown;
    case ReduceFunction::kL2:  // | |a| - |b| | <= |a - b|
      if (may_overflow(n * m * m)) return kUnknown;
      return std::sqrt(n) * (error + gamma(op.reduced + 4) * m);
    case ReduceFunction::kSumSquare:
      return n * (2 * m * error) + sum_bound(op, n, m * m);
    case ReduceFunction::kLogSumExp:
      return error + 4 * kFunction * std::max({1.0, op.out.largest, src.largest}) +
             gamma(op.reduced);
    default:
      return kUnknown;
  }
}

double bound(const CumSumAttrs&, const Operation& op) {
  const auto n = static_cast<double>(op.src->element_count());
  return n * op.in[0].error + sum_bound(op, n, op.in[0].largest);
}

// exp(x - max) / sum has slopes of at most 1/2 in each of x's two roles
double bound(const SoftmaxAttrs& attrs, const Operation& op) {
  const double error = 2 * op.in[0].error;
  if (error > 0.5) return kUnknown;
  const double own = kFunction * std::max(1.0, op.in[0].largest);
  return attrs.log ? error + 4 * kFunction * std::max(1.0, op.out.largest) + own
                   : error + 2 * own + gamma(op.src->element_count());
}

// Divided by the deviation s of the row: an error e of x moves x - mean by 2 e and s by e sqrt C.
double bound(const LayerNormAttrs& attrs, const Operation& op) {
  const auto c = static_cast<double>(std::max<int64_t>(1, op.in[0].columns));
  const double error = op.in[0].error + 2 * gamma(op.in[0].columns + 2) * op.in[0].largest;
  if (may_overflow(c * std::pow(2 * op.in[0].largest, 2))) return kUnknown;
  const std::vector<double> x = test::to_doubles(*op.src);
  const auto columns = static_cast<size_t>(c);
  double least = kUnknown;
  for (size_t row = 0; row + columns <= x.size(); row += columns) {
    double mean = 0, square = 0;
    for (size_t i = 0; i < columns; ++i) mean += x[row + i] / c;
    for (size_t i = 0; i < columns; ++i) square += std::pow(x[row + i] - mean, 2) / c;
    least = std::min(least, std::sqrt(square + double{attrs.epsilon}));
  }
  if (error > 0.05 * least) return kUnknown;
  const double normal = 4 * error / least * (1 + std::sqrt(c)) + 8 * kU * std::sqrt(c);
  const Facts none;
  const Facts& beta = op.in.size() > 2 ? op.in[2] : none;
  return normal * op.in[1].largest + op.in[1].error * std::sqrt(c) + beta.error +
         4 * kU * (op.out.largest + beta.largest);
}

double bound(const MatMulAttrs&, const Operation& op) {
  const Facts &lhs = op.in[0], &rhs = op.in[1];
  const auto k = static_cast<double>(std::max<int64_t>(1, lhs.columns));
  return k * (lhs.error * rhs.largest + rhs.error * lhs.largest + lhs.error * rhs.error) +
         sum_bound(op, k, (lhs.largest + lhs.error) * (rhs.largest + rhs.error));
}

template <class Attrs>
constexpr bool moves =
    std::is_same_v<Attrs, ReshapeAttrs> || std::is_same_v<Attrs, SliceAttrs> ||
    std::is_same_v<Attrs, TransposeAttrs> || std::is_same_v<Attrs, ExpandAttrs> ||
    std::is_same_v<Attrs, ConcatAttrs> || std::is_same_v<Attrs, GatherAttrs> ||
    std::is_same_v<Attrs, ShapeValuesAttrs> || std::is_same_v<Attrs, RangeAttrs>;

template <class Attrs>
double node_bound(const Attrs& attrs, const Operation& op) {
  const double most = op.largest_error();
  if constexpr (moves<Attrs>) return most;
  if (std::isinf(most)) return kUnknown;
  if constexpr (requires { bound(attrs, op); }) {
    const bool floats =
        std::any_of(op.in.begin(), op.in.end(), [](const Facts& facts) { return !facts.finite; });
    if (floats || !op.out.finite) return kUnknown;
    if (is_integer(op.dtype)) return step(most);
    return bound(attrs, op) + (most > 0 ? test::kFloatUnderflow : 0);
  }
  if constexpr (std::is_same_v<Attrs, ClipAttrs>) return op.in[0].finite ? most : kUnknown;
  return kUnknown;
}

}  // namespace

std::vector<double> error_bounds(const Graph& graph, const std::vector<Tensor>& values) {
  std::vector<double> bounds(graph.value_count(), 0);
  for (const Node& node : graph.nodes()) {
    Operation op;
    for (const ValueId id : node.inputs) {
      if (id == kNoValue) {
        op.in.emplace_back();
        continue;
      }
      const Tensor& tensor = values[static_cast<size_t>(id)];
      op.in.push_back(facts_of(tensor, bounds[static_cast<size_t>(id)]));
      if (op.src == nullptr) op.src = &tensor;
    }
    const auto dst = static_cast<size_t>(node.outputs[0]);
    op.out = facts_of(values[dst], 0);
    op.dtype = values[dst].dtype();
    if (op.src != nullptr)
      op.reduced = op.src->element_count() / std::max<int64_t>(1, values[dst].element_count());
    bounds[dst] =
        std::visit([&](const auto& attrs) { return node_bound(attrs, op); }, node.attributes);
  }
  return bounds;
}

}  // namespace octet::fuzz
