// Unary elementwise functions: one row of a table for each. What a function computes is its row in
// kernels/numerics/unary.h.
#pragma once

#include <algorithm>
#include <iterator>

#include "runtime/core/fields.h"
#include "runtime/ops/op_kind.h"
#include "runtime/ops/type_info.h"

namespace octet {

enum class UnaryFunction {
  kAbs,
  kAcos,
  kAcosh,
  kAsin,
  kAsinh,
  kAtan,
  kAtanh,
  kBitwiseNot,
  kCeil,
  kCelu,
  kCos,
  kCosh,
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
  kSinh,
  kSoftplus,
  kSoftsign,
  kSqrt,
  kTan,
  kTanh,
  kThresholdedRelu,
};

enum class UnaryTypes {  // of src; dst is of the same one, unless it is bool
  kFloats,
  kNumbers,  // floats and integers
  kIntegers,
  kBools,
  kFloatsToBools,
};

struct UnaryRow {
  UnaryFunction function;
  const char* name;
  UnaryTypes types = UnaryTypes::kFloats;
  int parameters = 0;  // how many of alpha and beta it has
};

// One row for each function, in the order of the enumerators.
inline constexpr UnaryRow kUnaryTable[] = {
    {UnaryFunction::kAbs, "abs", UnaryTypes::kNumbers},
    {UnaryFunction::kAcos, "acos"},
    {UnaryFunction::kAcosh, "acosh"},
    {UnaryFunction::kAsin, "asin"},
    {UnaryFunction::kAsinh, "asinh"},
    {UnaryFunction::kAtan, "atan"},
    {UnaryFunction::kAtanh, "atanh"},
    {UnaryFunction::kBitwiseNot, "bitwise_not", UnaryTypes::kIntegers},
    {UnaryFunction::kCeil, "ceil"},
    {UnaryFunction::kCelu, "celu", UnaryTypes::kFloats, 1},
    {UnaryFunction::kCos, "cos"},
    {UnaryFunction::kCosh, "cosh"},
    {UnaryFunction::kElu, "elu", UnaryTypes::kFloats, 2},
    {UnaryFunction::kErf, "erf"},
    {UnaryFunction::kExp, "exp"},
    {UnaryFunction::kFloor, "floor"},
    {UnaryFunction::kGelu, "gelu"},
    {UnaryFunction::kGeluTanh, "gelu_tanh"},
    {UnaryFunction::kHardSigmoid, "hard_sigmoid", UnaryTypes::kFloats, 2},
    {UnaryFunction::kHardSwish, "hard_swish"},
    {UnaryFunction::kIsInf, "is_inf", UnaryTypes::kFloatsToBools},
    {UnaryFunction::kIsNaN, "is_nan", UnaryTypes::kFloatsToBools},
    {UnaryFunction::kLeakyRelu, "leaky_relu", UnaryTypes::kFloats, 1},
    {UnaryFunction::kLog, "log"},
    {UnaryFunction::kMish, "mish"},
    {UnaryFunction::kNeg, "neg", UnaryTypes::kNumbers},
    {UnaryFunction::kNot, "not", UnaryTypes::kBools},
    {UnaryFunction::kReciprocal, "reciprocal"},
    {UnaryFunction::kRelu, "relu", UnaryTypes::kNumbers},
    {UnaryFunction::kRound, "round"},
    {UnaryFunction::kSigmoid, "sigmoid"},
    {UnaryFunction::kSign, "sign", UnaryTypes::kNumbers},
    {UnaryFunction::kSilu, "silu"},
    {UnaryFunction::kSin, "sin"},
    {UnaryFunction::kSinh, "sinh"},
    {UnaryFunction::kSoftplus, "softplus"},
    {UnaryFunction::kSoftsign, "softsign"},
    {UnaryFunction::kSqrt, "sqrt"},
    {UnaryFunction::kTan, "tan"},
    {UnaryFunction::kTanh, "tanh"},
    {UnaryFunction::kThresholdedRelu, "thresholded_relu", UnaryTypes::kFloats, 1},
};

// Its row; in a constant expression, a function without one is an error of the compiler.
constexpr const UnaryRow& unary_row(UnaryFunction function) {
  return kUnaryTable[static_cast<size_t>(function)];
}
constexpr bool has_unary_row(UnaryFunction function) {
  return static_cast<size_t>(function) < std::size(kUnaryTable) &&
         unary_row(function).function == function;
}
static_assert(std::ranges::all_of(kUnaryTable, has_unary_row, &UnaryRow::function));

inline const char* unary_name(UnaryFunction function) { return unary_row(function).name; }

// dst = function(src), of the type of src unless the function gives bools.
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

}  // namespace octet
