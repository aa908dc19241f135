// Arithmetic on TypeInfo::contents: integers and bools that depend on the symbols alone.
#include "runtime/ops/contents.h"

#include <limits>
#include <utility>

namespace octet {
namespace {

template <class T>
bool fits(int64_t value) {
  return std::in_range<T>(value);
}

bool fits_in(int64_t value, DType dtype) {
  switch (dtype) {
    case DType::kI8:
      return fits<int8_t>(value);
    case DType::kU8:
      return fits<uint8_t>(value);
    case DType::kI16:
      return fits<int16_t>(value);
    case DType::kU16:
      return fits<uint16_t>(value);
    case DType::kI32:
      return fits<int32_t>(value);
    case DType::kU32:
      return fits<uint32_t>(value);
    case DType::kU64:
      return value >= 0;
    default:
      return true;
  }
}

}  // namespace

bool depends_on_data(const Dim& dim) {
  for (const Symbol& symbol : dim.symbols())
    if (symbol.kind == Symbol::Kind::kElement || symbol.kind == Symbol::Kind::kLateElement)
      return true;
  return false;
}

std::optional<std::vector<int64_t>> constant_contents(const TypeInfo& type) {
  if (!type.contents) return std::nullopt;
  std::vector<int64_t> values;
  for (const Dim& dim : *type.contents) {
    if (!dim.is_constant()) return std::nullopt;
    values.push_back(dim.value());
  }
  return values;
}

bool may_have_contents(const TypeInfo& type) { return type.rank() <= 1 && may_keep_contents(type); }

bool may_keep_contents(const TypeInfo& type) {
  if (!is_integer(type.dtype) && type.dtype != DType::kBool) return false;
  if (type.rank() > 2 || !type.is_tensor()) return false;
  // [0, n] has no elements whatever n is, but its axes can't be told apart.
  for (const Dim& dim : type.shape)
    if (!dim.is_constant()) return false;
  const Dim count = element_count(type.shape);
  return count.is_constant() && count.value() >= 0 &&
         count.value() <= static_cast<int64_t>(kMaxContents);
}

std::vector<Dim> permute_contents(const std::vector<Dim>& contents, const SymbolicShape& shape,
                                  const std::vector<int>& permutation) {
  if (permutation != std::vector<int>{1, 0}) return contents;
  const auto rows = static_cast<size_t>(shape[0].value());
  const auto columns = static_cast<size_t>(shape[1].value());
  std::vector<Dim> permuted;
  for (size_t column = 0; column < columns; ++column)
    for (size_t row = 0; row < rows; ++row) permuted.push_back(contents[row * columns + column]);
  return permuted;
}

const Dim& broadcast_element(const std::vector<Dim>& contents, size_t index) {
  return contents[contents.size() == 1 ? 0 : index];
}

std::optional<Dim> apply_unary(UnaryFunction function, const Dim& src, bool is_bool) {
  switch (function) {
    case UnaryFunction::kNeg:
      return is_bool ? std::nullopt : std::optional<Dim>(Dim(0) - src);
    case UnaryFunction::kNot:
      return is_bool ? std::optional<Dim>(Dim(1) - src) : std::nullopt;
    case UnaryFunction::kAbs:
      return Dim::positive(src) + Dim::positive(Dim(0) - src);
    case UnaryFunction::kSign:
      return Dim::greater(src, 0) - Dim::greater(0, src);
    default:
      return std::nullopt;
  }
}

std::optional<Dim> apply_binary(BinaryFunction function, const Dim& lhs, const Dim& rhs,
                                bool is_bool) {
  switch (function) {
    case BinaryFunction::kEqual:
      return Dim::equal(lhs, rhs);
    case BinaryFunction::kLess:
      return Dim::greater(rhs, lhs);
    case BinaryFunction::kGreater:
      return Dim::greater(lhs, rhs);
    case BinaryFunction::kLessOrEqual:
      return Dim(1) - Dim::greater(lhs, rhs);
    case BinaryFunction::kGreaterOrEqual:
      return Dim(1) - Dim::greater(rhs, lhs);
    default:
      break;
  }
  if (is_bool) {
    if (function == BinaryFunction::kAnd) return lhs * rhs;
    if (function == BinaryFunction::kOr) return lhs + rhs - lhs * rhs;
    if (function == BinaryFunction::kXor) return lhs + rhs - Dim(2) * lhs * rhs;
    return std::nullopt;
  }
  switch (function) {
    case BinaryFunction::kAdd:
      return lhs + rhs;
    case BinaryFunction::kSub:
      return lhs - rhs;
    case BinaryFunction::kMul:
      return lhs * rhs;
    case BinaryFunction::kDiv:
      return rhs == Dim(0) ? std::nullopt : std::optional<Dim>(Dim::truncated_div(lhs, rhs));
    case BinaryFunction::kMod:
      return rhs == Dim(0) ? std::nullopt : std::optional<Dim>(Dim::mod(lhs, rhs));
    case BinaryFunction::kMax:
      return Dim::max(lhs, rhs);
    case BinaryFunction::kMin:
      return Dim::min(lhs, rhs);
    default:
      return std::nullopt;
  }
}

std::optional<Dim> apply_cast(const Dim& src, DType to) {
  if (to == DType::kBool) return Dim(1) - Dim::equal(src, 0);
  if (!is_integer(to)) return std::nullopt;
  // A symbolic value is an extent or close to one; only a constant can be told to wrap.
  if (src.is_constant() && !fits_in(src.value(), to)) return std::nullopt;
  return src;
}

Contents reduce_contents(ReduceFunction function, const std::vector<Dim>& src) {
  const bool starts_empty = function == ReduceFunction::kSum || function == ReduceFunction::kProd;
  if (src.empty() && !starts_empty) return std::nullopt;
  Dim result = src.empty() ? Dim(function == ReduceFunction::kProd ? 1 : 0) : src[0];
  for (size_t i = 1; i < src.size(); ++i) {
    switch (function) {
      case ReduceFunction::kSum:
        result = result + src[i];
        break;
      case ReduceFunction::kProd:
        result = result * src[i];
        break;
      case ReduceFunction::kMax:
        result = Dim::max(result, src[i]);
        break;
      case ReduceFunction::kMin:
        result = Dim::min(result, src[i]);
        break;
      default:
        return std::nullopt;
    }
  }
  return starts_empty || function == ReduceFunction::kMax || function == ReduceFunction::kMin
             ? Contents(std::vector<Dim>{result})
             : std::nullopt;
}

}  // namespace octet
