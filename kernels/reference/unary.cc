// Reference of the unary elementwise functions.
#include "kernels/numerics/unary.h"

#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

// Of the integers; negation wraps. `is_unsigned`: uint64, whose upper half is negative here.
int64_t apply(UnaryFunction function, int64_t x, bool is_unsigned) {
  const bool negative = x < 0 && !is_unsigned;
  const auto negated = static_cast<int64_t>(0 - static_cast<uint64_t>(x));
  switch (function) {
    case UnaryFunction::kAbs:
      return negative ? negated : x;
    case UnaryFunction::kBitwiseNot:
      return ~x;
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
  const auto of = numerics::unary_definition(attrs.function);
  const numerics::UnaryParameters parameters = {attrs.alpha, attrs.beta};
  walk<1>(share, src.shape, {src.strides}, [&](int64_t index, const auto& offsets, const auto&) {
    if (integers) {
      const int64_t x = load_integer(src, offsets[0]);
      store_integer(dst, index, apply(attrs.function, x, src.dtype == DType::kU64));
    } else {
      store_number(dst, index, of(load_number(src, offsets[0]), parameters));
    }
  });
  return Status::ok();
}

}  // namespace octet::reference
