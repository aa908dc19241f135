// Type rules of the binary functions.
#include "runtime/ops/contents.h"
#include "runtime/ops/infer.h"
#include "runtime/ops/rows.h"

namespace octet {
namespace {

Status check_dtypes(BinaryFunction function, InputTypes inputs) {
  switch (function) {
    case BinaryFunction::kAnd:
    case BinaryFunction::kOr:
    case BinaryFunction::kXor:
      OCTET_RETURN_IF_ERROR(expect_dtype(inputs, 0, {DType::kBool}));
      break;
    case BinaryFunction::kBitwiseAnd:
    case BinaryFunction::kBitwiseOr:
    case BinaryFunction::kBitwiseXor:
    case BinaryFunction::kShiftLeft:
    case BinaryFunction::kShiftRight:
      OCTET_RETURN_IF_ERROR(expect_integer(inputs, 0));
      break;
    case BinaryFunction::kEqual:
      break;
    default:
      OCTET_RETURN_IF_ERROR(expect_numeric(inputs, 0));
  }
  return expect_same_dtype(inputs, 1);
}

Contents contents_of(BinaryFunction function, const TypeInfo& lhs, const TypeInfo& rhs,
                     const TypeInfo& dst) {
  if (!lhs.contents || !rhs.contents || !may_have_contents(dst)) return std::nullopt;
  std::vector<Dim> contents;
  const auto count = static_cast<size_t>(element_count(dst.shape).value());
  for (size_t i = 0; i < count; ++i) {
    auto value = apply_binary(function, broadcast_element(*lhs.contents, i),
                              broadcast_element(*rhs.contents, i), lhs.dtype == DType::kBool);
    if (!value) return std::nullopt;
    contents.push_back(*value);
  }
  return contents;
}

// Integers that shapes alone decide are divided by the binding, which has no answer for 0.
Status require_divisors(BinaryFunction function, const TypeInfo& divisors, TypeInfo& dst) {
  if (function != BinaryFunction::kDiv && function != BinaryFunction::kMod) return Status::ok();
  for (const Dim& divisor : *divisors.contents)
    OCTET_RETURN_IF_ERROR(require(
        {.kind = Check::Kind::kDiffers, .found = divisor, .expected = 0, .what = "the divisor"},
        dst.checks));
  return Status::ok();
}

}  // namespace

const char* binary_name(BinaryFunction function) {
  switch (function) {
    case BinaryFunction::kAdd:
      return "add";
    case BinaryFunction::kSub:
      return "sub";
    case BinaryFunction::kMul:
      return "mul";
    case BinaryFunction::kDiv:
      return "div";
    case BinaryFunction::kPow:
      return "pow";
    case BinaryFunction::kMax:
      return "max";
    case BinaryFunction::kMin:
      return "min";
    case BinaryFunction::kMod:
      return "mod";
    case BinaryFunction::kEqual:
      return "equal";
    case BinaryFunction::kLess:
      return "less";
    case BinaryFunction::kLessOrEqual:
      return "less_or_equal";
    case BinaryFunction::kGreater:
      return "greater";
    case BinaryFunction::kGreaterOrEqual:
      return "greater_or_equal";
    case BinaryFunction::kAnd:
      return "and";
    case BinaryFunction::kOr:
      return "or";
    case BinaryFunction::kXor:
      return "xor";
    case BinaryFunction::kBitwiseAnd:
      return "bitwise_and";
    case BinaryFunction::kBitwiseOr:
      return "bitwise_or";
    case BinaryFunction::kBitwiseXor:
      return "bitwise_xor";
    case BinaryFunction::kShiftLeft:
      return "shift_left";
    case BinaryFunction::kShiftRight:
      return "shift_right";
  }
  return "unknown";
}

bool is_comparison(BinaryFunction function) {
  switch (function) {
    case BinaryFunction::kEqual:
    case BinaryFunction::kLess:
    case BinaryFunction::kLessOrEqual:
    case BinaryFunction::kGreater:
    case BinaryFunction::kGreaterOrEqual:
      return true;
    default:
      return false;
  }
}

Result<OutputTypes> infer(const BinaryAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 2));
  OCTET_RETURN_IF_ERROR(check_dtypes(attrs.function, inputs));
  std::vector<Check> checks;
  OCTET_ASSIGN_OR_RETURN(SymbolicShape shape, broadcast_inputs(inputs, checks));
  OutputTypes outputs =
      one_output(is_comparison(attrs.function) ? DType::kBool : inputs[0]->dtype, std::move(shape));
  outputs[0].checks = std::move(checks);
  outputs[0].contents = contents_of(attrs.function, *inputs[0], *inputs[1], outputs[0]);
  if (outputs[0].contents)
    OCTET_RETURN_IF_ERROR(require_divisors(attrs.function, *inputs[1], outputs[0]));
  return outputs;
}

RowAccesses row_access(const BinaryAttrs&, InputTypes inputs, const OutputTypes& outputs) {
  if (!has_rows(outputs[0].shape)) return std::nullopt;
  const auto lhs = broadcast_row_access(inputs[0]->shape, outputs[0].shape);
  const auto rhs = broadcast_row_access(inputs[1]->shape, outputs[0].shape);
  if (!lhs || !rhs || (*lhs != RowAccess::kRows && *rhs != RowAccess::kRows)) return std::nullopt;
  return std::vector<RowAccess>{*lhs, *rhs};
}

}  // namespace octet
