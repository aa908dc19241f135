// Elementwise ops with NumPy broadcasting: unary and binary functions, Where, Clip, Cast.
#pragma once

#include "runtime/core/fields.h"
#include "runtime/ops/op_kind.h"
#include "runtime/ops/type_info.h"

namespace octet {

enum class UnaryFunction {
  kAbs,
  kCeil,
  kCelu,
  kCos,
  kElu,
  kErf,
  kExp,
  kFloor,
  kGelu,
  kGeluTanh,
  kHardSigmoid,
  kHardSwish,
  kIsInf,
  kIsNaN,
  kLeakyRelu,
  kLog,
  kMish,
  kNeg,
  kNot,
  kReciprocal,
  kRelu,
  kRound,
  kSigmoid,
  kSign,
  kSilu,
  kSin,
  kSoftplus,
  kSqrt,
  kTanh,
  kThresholdedRelu,
};
const char* unary_name(UnaryFunction function);

// dst = function(src). Types: kIsNaN, kIsInf give bool; kNot takes bool; the others keep the type.
// kGelu: x/2 (1 + erf(x / sqrt 2)); kGeluTanh: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)));
// kSilu: x sigmoid(x); kMish: x tanh(log(1 + exp(x))); kHardSwish: x max(0, min(1, x / 6 + 1/2)).
// With parameters:
//   kElu            x > 0 ? beta x : beta alpha (exp(x) - 1); with beta = gamma it is Selu
//   kCelu           max(0, x) + min(0, alpha (exp(x / alpha) - 1))
//   kHardSigmoid    max(0, min(1, alpha x + beta))
//   kLeakyRelu      x < 0 ? alpha x : x
//   kThresholdedRelu  x > alpha ? x : 0
struct UnaryAttrs {
  static constexpr OpKind kKind = OpKind::kUnary;
  UnaryFunction function;
  float alpha = 0;
  float beta = 0;
};
auto fields(Is<UnaryAttrs> auto& attrs, auto&& visit) {
  return visit(identity("function", attrs.function, unary_name), identity("alpha", attrs.alpha),
               identity("beta", attrs.beta));
}
Result<OutputTypes> infer(const UnaryAttrs& attrs, InputTypes inputs);
RowAccesses row_access(const UnaryAttrs& attrs, InputTypes inputs, const OutputTypes& outputs);

enum class BinaryFunction {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kPow,
  kMax,
  kMin,
  kMod,
  kEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kAnd,
  kOr,
  kXor,
};
const char* binary_name(BinaryFunction function);
bool is_comparison(BinaryFunction function);  // gives bool

// dst = lhs function rhs. Integer division truncates (C); kMod has the sign of the divisor
// (Python).
struct BinaryAttrs {
  static constexpr OpKind kKind = OpKind::kBinary;
  BinaryFunction function;
};
auto fields(Is<BinaryAttrs> auto& attrs, auto&& visit) {
  return visit(identity("function", attrs.function, binary_name));
}
Result<OutputTypes> infer(const BinaryAttrs& attrs, InputTypes inputs);
RowAccesses row_access(const BinaryAttrs& attrs, InputTypes inputs, const OutputTypes& outputs);

// dst = condition ? on_true : on_false; inputs in this order.
struct WhereAttrs {
  static constexpr OpKind kKind = OpKind::kWhere;
};
Result<OutputTypes> infer(const WhereAttrs& attrs, InputTypes inputs);

// dst = min(max(src, low), high); inputs: src, low (scalar, optional), high (scalar, optional).
struct ClipAttrs {
  static constexpr OpKind kKind = OpKind::kClip;
};
Result<OutputTypes> infer(const ClipAttrs& attrs, InputTypes inputs);
RowAccesses row_access(const ClipAttrs& attrs, InputTypes inputs, const OutputTypes& outputs);

// dst = src converted as ONNX Cast does: float to integer truncates, anything to bool is != 0.
struct CastAttrs {
  static constexpr OpKind kKind = OpKind::kCast;
  DType to;
};
auto fields(Is<CastAttrs> auto& attrs, auto&& visit) {
  return visit(identity("to", attrs.to, dtype_name));
}
Result<OutputTypes> infer(const CastAttrs& attrs, InputTypes inputs);
RowAccesses row_access(const CastAttrs& attrs, InputTypes inputs, const OutputTypes& outputs);

}  // namespace octet
