// Elementwise ops with NumPy broadcasting: binary functions, Where, Clip, Cast; the unary ones are
// in unary.h.
#pragma once

#include "runtime/core/fields.h"
#include "runtime/core/small_float.h"
#include "runtime/ops/op_kind.h"
#include "runtime/ops/type_info.h"
#include "runtime/ops/unary.h"

namespace octet {

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
  kBitwiseAnd,
  kBitwiseOr,
  kBitwiseXor,
  kShiftLeft,
  kShiftRight,
};
const char* binary_name(BinaryFunction function);
bool is_comparison(BinaryFunction function);  // gives bool

// dst = lhs function rhs. Integer division truncates (C); kMod has the sign of the divisor
// (Python). The bitwise functions and shifts are those of integers. A shift to the right of a
// signed type copies the sign bit; by a negative number of bits, or by as many as the type has or
// more, either shift gives 0, but one to the right of a negative number -1 (ONNX BitShift 28).
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

// dst = src converted as ONNX Cast does: float to integer truncates, integers keep their lowest
// bits, anything to bool is != 0; to a small float as to_small_float() says, by the other members.
// A float beyond the range of an integer type, which ONNX leaves open, saturates; of a small one,
// the integer that it truncates to keeps its lowest bits.
struct CastAttrs {
  static constexpr OpKind kKind = OpKind::kCast;
  DType to;
  bool saturate = true;
  PowerRounding rounding = PowerRounding::kUp;
};
auto fields(Is<CastAttrs> auto& attrs, auto&& visit) {
  return visit(identity("to", attrs.to, dtype_name), identity("saturate", attrs.saturate),
               identity("rounding", attrs.rounding, power_rounding_name));
}
Result<OutputTypes> infer(const CastAttrs& attrs, InputTypes inputs);
RowAccesses row_access(const CastAttrs& attrs, InputTypes inputs, const OutputTypes& outputs);

}  // namespace octet
