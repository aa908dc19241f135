// Sums of products: matrix products, layers, convolutions, attention, recurrent layers.
#include <algorithm>

#include "tests/fuzz/error_rules.h"
#include "tests/support/tensors.h"

namespace octet::fuzz {
namespace {

double largest_of(const std::optional<Constant>& constant) {
  double largest = 0;
  if (constant)
    for (const double x : test::to_doubles(constant->load().value()))
      largest = std::max(largest, std::abs(x));
  return largest;
}

// A sum of `k` products of lhs and rhs, to which the inputs from 2 on are added. Layers of codes
// scale the sum: products with codes may overflow where those with numbers do not, and a product of
// scales, or of one with a code, may underflow.
double products(const Operation& op, double k) {
  const Facts &lhs = op.in[0], &rhs = op.in[1];
  const double term = (lhs.largest + lhs.error) * (rhs.largest + rhs.error);
  double error = k * (lhs.error * rhs.largest + rhs.error * lhs.largest + lhs.error * rhs.error);
  double added = 0;
  for (size_t i = 2; i < op.in.size(); ++i) {
    error += op.in[i].error;
    added += op.in[i].largest + op.in[i].error;
  }
  constexpr double kCodes = 0x1p9;
  if (may_overflow(k * term + added) ||
      may_overflow(k * kCodes * std::max(lhs.largest, rhs.largest)))
    return kUnknown;
  if (op.exact(k + 2, std::max(term, added))) return error;
  const double underflow = k * (lhs.largest + rhs.largest + 0x1p16) * 0x1p-149;
  return error + gamma(k + 4) * k * term + gamma(4) * added + kTimes * underflow + kUnderflow;
}

}  // namespace

double product_count(const MatMulAttrs&, const Operation& op) {
  return static_cast<double>(std::max<int64_t>(1, op.in[0].columns));
}

double product_count(const ConvAttrs&, const Operation& op) {
  const Shape& weights = op.tensors[1]->shape();
  return static_cast<double>(weights.element_count() / std::max<int64_t>(1, weights[0]));
}

double bound(const MatMulAttrs& attrs, const Operation& op) {
  return products(op, product_count(attrs, op));
}

double bound(const LinearAttrs& attrs, const Operation& op) {
  if (attrs.epilogue != Epilogue()) return kUnknown;  // no loader makes them
  return products(op, product_count(MatMulAttrs(), op));
}

double bound(const ConvAttrs& attrs, const Operation& op) {
  if (attrs.activation != Activation::kNone) return kUnknown;
  return products(op, product_count(attrs, op));
}

// Of weight-only layers: products with codes and with zero points may be summed apart.
double bound(const QuantizedLinearAttrs& attrs, const Operation& op) {
  if (attrs.epilogue != Epilogue() || !attrs.scheme.is_weight_only()) return kUnknown;
  Operation as_product = op;
  Facts& weights = as_product.in[1];
  weights.scaled = true;
  weights.largest = (largest_of(attrs.weights->int_data) + largest_of(attrs.weights->zero_point)) *
                    largest_of(attrs.weights->scale);
  return products(as_product, static_cast<double>(attrs.weights->k()));
}

// With scores off by e, the weights are off by a factor of at most exp(2 e).
double bound(const AttentionAttrs& attrs, const Operation& op) {
  const Facts &q = op.in[0], &k = op.in[1], &v = op.in[2];
  const Facts none, &mask = op.in.size() > 3 ? op.in[3] : none;
  const auto size = static_cast<double>(std::max<int64_t>(1, q.columns));
  const double scale = std::abs(double{attrs.scale});
  const double score = scale * size * (q.largest + q.error) * (k.largest + k.error);
  const double error =
      scale * size * (q.error * k.largest + k.error * q.largest + q.error * k.error) + mask.error +
      gamma(size + 4) * score + kU * mask.largest;
  if (!(error < 0.25)) return kUnknown;
  const auto keys = static_cast<double>(op.tensors[1]->shape()[2]);
  const double factor = std::expm1(2 * error) + kFunction * (1 + score) + gamma(keys + 4);
  return v.error + 2 * factor * (v.largest + v.error) + kUnderflow;
}

namespace {

bool is_bounded(const RecurrentActivation& activation) {
  return activation.function == RecurrentFunction::kSigmoid ||
         activation.function == RecurrentFunction::kTanh;
}

}  // namespace

// Step by step, of functions that stay within 1 and have slopes of at most 1 (others may grow with
// every step, and nothing is said of them): with H units and states within h, a gate is off by
//   e(x) + H (R e(h) + h e(R)) + its rounding.
// Gates of LSTM and GRU are sigmoids, within [0, 1].
double bound(const RecurrenceAttrs& attrs, const Operation& op) {
  using namespace recurrence;
  const bool gated = attrs.cell != RecurrentCell::kRnn;
  if (!std::all_of(attrs.activations.begin(), attrs.activations.end(), is_bounded)) return kUnknown;
  if (gated && attrs.activations[0].function != RecurrentFunction::kSigmoid) return kUnknown;
  if (!op.all_finite() || std::isinf(op.largest_error())) return kUnknown;
  const Facts none;
  const auto input = [&](size_t i) -> const Facts& { return i < op.in.size() ? op.in[i] : none; };
  const Facts &x = input(kGates), &r = input(kWeights), &bias = input(kCandidateBias),
              &p = input(kPeepholes);
  if (input(kLengths).error != 0) return kUnknown;
  const auto units = static_cast<double>(attrs.hidden);
  const int64_t steps = op.src->shape()[0];
  const double h = std::max(1.0, input(kHidden).largest + input(kHidden).error);
  double of_state = input(kHidden).error, of_cell = input(kCell).error, most = of_state;
  double cell = input(kCell).largest + of_cell;
  for (int64_t i = 0; i < steps; ++i) {
    const double product = units * (r.largest * of_state + r.error * h);
    const double size = x.largest + units * r.largest * h + bias.largest + p.largest * (cell + 1);
    const double gate = x.error + product + bias.error + gamma(units + 4) * size + kFunction;
    if (attrs.cell == RecurrentCell::kRnn) {
      of_state = gate;
    } else if (attrs.cell == RecurrentCell::kLstm) {
      const double peephole = gate + p.largest * of_cell + p.error * cell;
      of_cell += cell * peephole + peephole + gate + kU * (cell + 1);
      cell += 1;
      of_state = gate + p.largest * of_cell + p.error * cell + of_cell + kFunction;
    } else {  // the candidate sees the reset gate before or after the product
      const double candidate = 2 * gate + (units * r.largest * h + bias.largest) * gate;
      of_state += candidate + (h + 1) * gate + kU * h;
    }
    most = std::max(most, of_state);
  }
  return op.output == kLastCell ? of_cell : most;
}

}  // namespace octet::fuzz
