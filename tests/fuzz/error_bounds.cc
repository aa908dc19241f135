// One rule per op: the error of its inputs times its slope, plus its own rounding.
#include "tests/fuzz/error_bounds.h"

#include <algorithm>
#include <cmath>

#include "runtime/ops/non_zero.h"
#include "runtime/ops/top_k.h"
#include "runtime/ops/unique.h"
#include "tests/fuzz/error_rules.h"
#include "tests/support/tensors.h"

namespace octet::fuzz {
namespace {

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
    case UnaryFunction::kLeakyRelu:
      return std::max(1.0, std::abs(double{attrs.alpha})) * error + kU * out.largest;
    case UnaryFunction::kHardSwish:  // slopes of at most 3/2
      return 1.5 * error + 4 * kU * scale;
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
  const Facts& src = op.in[0];
  const double rounding = src.largest <= 0x1p24 && src.integral ? 0 : kU * op.out.largest;
  if (attrs.to == DType::kF32) return src.error + rounding + src.deferred;
  if (attrs.to == DType::kF64) return src.error + rounding;
  // Truncation may go to either side.
  return is_integer(attrs.to) && src.error > 0 ? src.error + 1 : step(src.error);
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

// The means' own roundings; a maximum has none.
double bound(const PoolAttrs& attrs, const Operation& op) {
  const Facts& src = op.in[0];
  if (attrs.function == PoolFunction::kMax) return op.output == 0 ? src.error : step(src.error);
  double taps = 1;
  for (const int64_t extent : attrs.window.kernel) taps *= static_cast<double>(extent);
  return may_overflow(taps * src.largest) ? kUnknown
                                          : src.error + gamma(taps + 2) * (src.largest + src.error);
}

// The k-th largest element moves no further than the elements do; which one it is may change.
double bound(const TopKAttrs&, const Operation& op) {
  const double error = op.in[0].error;
  if (error != 0 && !op.in[0].finite) return kUnknown;
  return op.output == 0 ? error : step(error);
}

// Graphs that only move and choose elements say so by the node's name (model_control.cc).
double bound(const ControlAttrs& attrs, const Operation& op) {
  return attrs.name.find("exact") != std::string::npos ? op.largest_error() : kUnknown;
}

double bound(const LongTailAttrs& attrs, const Operation& op) {
  const auto as = [&]<class Attrs>(const Attrs*) -> const Attrs* {
    return &attrs.op() == &kLongTailOp<Attrs> ? static_cast<const Attrs*>(attrs.attrs()) : nullptr;
  };
  if (const auto* params = as(static_cast<const QuantizationParamsAttrs*>(nullptr)))
    return bound(*params, op);
  if (const auto* top_k = as(static_cast<const TopKAttrs*>(nullptr))) return bound(*top_k, op);
  if (&attrs.op() == &kLongTailOp<CountNonZeroAttrs> || &attrs.op() == &kLongTailOp<NonZeroAttrs> ||
      &attrs.op() == &kLongTailOp<UniqueAttrs>)
    return step(op.in[0].error);
  if (const RecurrenceAttrs* recurrence = as_recurrence(attrs)) return bound(*recurrence, op);
  return kUnknown;
}

template <class Attrs>
constexpr bool moves =
    std::is_same_v<Attrs, ReshapeAttrs> || std::is_same_v<Attrs, SliceAttrs> ||
    std::is_same_v<Attrs, TransposeAttrs> || std::is_same_v<Attrs, ExpandAttrs> ||
    std::is_same_v<Attrs, ConcatAttrs> || std::is_same_v<Attrs, ObserveAttrs> ||
    std::is_same_v<Attrs, SequenceAttrs> || std::is_same_v<Attrs, ShapeValuesAttrs> ||
    std::is_same_v<Attrs, RangeAttrs>;

// Steps of integers, but where a rule knows better.
template <class Attrs>
constexpr bool knows_integers =
    std::is_same_v<Attrs, CastAttrs> || std::is_same_v<Attrs, PoolAttrs>;

template <class Attrs>
double node_bound(const Attrs& attrs, const Operation& op) {
  const double most = op.largest_error();
  if constexpr (moves<Attrs>) return most;
  if constexpr (std::is_same_v<Attrs, GatherAttrs>)
    return op.in[1].error == 0 ? op.in[0].error : kUnknown;
  if constexpr (std::is_same_v<Attrs, ControlAttrs> || std::is_same_v<Attrs, QuantizeAttrs> ||
                std::is_same_v<Attrs, LongTailAttrs>)
    return bound(attrs, op);
  if (std::isinf(most)) return kUnknown;
  if constexpr (requires { bound(attrs, op); }) {
    if (!op.all_finite() || !op.out.finite) return kUnknown;
    if (is_integer(op.dtype) && !knows_integers<Attrs>) return step(most);
    return bound(attrs, op) + (most > 0 ? kUnderflow : 0);
  }
  if constexpr (std::is_same_v<Attrs, ClipAttrs>) return op.in[0].finite ? most : kUnknown;
  return kUnknown;
}

// What passes may make of exact sums of codes when the sums are scaled; see Facts.
double deferred_error(const Node& node, const Operation& op) {
  if (node.as<CastAttrs>() != nullptr && op.dtype == DType::kI32) return op.in[0].deferred;
  if (op.dtype != DType::kF64 || op.in.size() < 2) return 0;
  double count = 0;
  if (const auto* matmul = node.as<MatMulAttrs>()) count = product_count(*matmul, op);
  if (const auto* conv = node.as<ConvAttrs>()) count = product_count(*conv, op);
  return gamma(count + 4) * count * op.in[0].largest * op.in[1].largest;
}

bool is_scaled(const Node& node, const Operation& op) {
  if (node.as<DequantizeAttrs>() != nullptr && scale_rounds(*op.tensors[1])) return true;
  return std::any_of(op.in.begin(), op.in.end(), [](const Facts& facts) { return facts.scaled; });
}

}  // namespace

std::vector<double> error_bounds(const Graph& graph, const std::vector<Tensor>& values) {
  std::vector<Facts> known(graph.value_count());
  std::vector<double> bounds(graph.value_count(), 0);
  for (const Node& node : graph.nodes()) {
    Operation op;
    for (const ValueId id : node.inputs) {
      if (id == kNoValue) {
        op.in.emplace_back();
        op.tensors.push_back(nullptr);
        continue;
      }
      if (!graph.value(id).type.is_tensor()) {
        op.in.push_back({.error = bounds[static_cast<size_t>(id)]});
        op.tensors.push_back(nullptr);
        continue;
      }
      const Tensor& tensor = values[static_cast<size_t>(id)];
      const Facts& before = known[static_cast<size_t>(id)];
      op.in.push_back(facts_of(tensor, bounds[static_cast<size_t>(id)]));
      op.in.back().scaled = before.scaled;
      op.in.back().deferred = before.deferred;
      op.tensors.push_back(&tensor);
      if (op.src == nullptr) op.src = &tensor;
    }
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const auto dst = static_cast<size_t>(node.outputs[i]);
      op.output = i;
      if (!graph.value(node.outputs[i]).type.is_tensor()) {  // what goes in comes out
        bounds[dst] = op.largest_error();
        continue;
      }
      op.out = facts_of(values[dst], 0);
      op.dtype = values[dst].dtype();
      if (op.src != nullptr)
        op.reduced = op.src->element_count() / std::max<int64_t>(1, values[dst].element_count());
      bounds[dst] =
          std::visit([&](const auto& attrs) { return node_bound(attrs, op); }, node.attributes);
      known[dst].scaled = is_scaled(node, op);
      known[dst].deferred = deferred_error(node, op);
    }
  }
  return bounds;
}

}  // namespace octet::fuzz
