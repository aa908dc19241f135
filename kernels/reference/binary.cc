// Reference of the binary elementwise functions.
#include <cmath>
#include <optional>

#include "kernels/reference/binary_element.h"
#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

// The remainder with the sign of the divisor.
double floor_mod(double lhs, double rhs) {
  const double rest = std::fmod(lhs, rhs);
  return rest != 0 && (rest < 0) != (rhs < 0) ? rest + rhs : rest;
}

// NumPy's: NaN wins.
double maximum(double lhs, double rhs) { return std::isnan(lhs) || lhs > rhs ? lhs : rhs; }
double minimum(double lhs, double rhs) { return std::isnan(lhs) || lhs < rhs ? lhs : rhs; }

// Comparisons and logic, which are the same for every type; nullopt for arithmetic.
template <class T>
std::optional<bool> truth(BinaryFunction function, T lhs, T rhs) {
  switch (function) {
    case BinaryFunction::kEqual:
      return lhs == rhs;
    case BinaryFunction::kLess:
      return lhs < rhs;
    case BinaryFunction::kLessOrEqual:
      return lhs <= rhs;
    case BinaryFunction::kGreater:
      return lhs > rhs;
    case BinaryFunction::kGreaterOrEqual:
      return lhs >= rhs;
    case BinaryFunction::kAnd:
      return lhs != 0 && rhs != 0;
    case BinaryFunction::kOr:
      return lhs != 0 || rhs != 0;
    case BinaryFunction::kXor:
      return (lhs != 0) != (rhs != 0);
    default:
      return std::nullopt;
  }
}

double apply(BinaryFunction function, double lhs, double rhs) {
  if (const auto found = truth(function, lhs, rhs)) return *found;
  switch (function) {
    case BinaryFunction::kAdd:
      return lhs + rhs;
    case BinaryFunction::kSub:
      return lhs - rhs;
    case BinaryFunction::kMul:
      return lhs * rhs;
    case BinaryFunction::kDiv:
      return lhs / rhs;
    case BinaryFunction::kPow:
      return std::pow(lhs, rhs);
    case BinaryFunction::kMax:
      return maximum(lhs, rhs);
    case BinaryFunction::kMin:
      return minimum(lhs, rhs);
    case BinaryFunction::kMod:
      return floor_mod(lhs, rhs);
    default:
      break;
  }
  return 0;
}

int64_t divide(int64_t lhs, int64_t rhs) {
  if (rhs == 0) return 0;
  if (rhs == -1) return static_cast<int64_t>(0 - static_cast<uint64_t>(lhs));
  return lhs / rhs;
}

int64_t floor_mod(int64_t lhs, int64_t rhs) {
  if (rhs == 0 || rhs == -1) return 0;
  const int64_t rest = lhs % rhs;
  return rest != 0 && (rest < 0) != (rhs < 0) ? rest + rhs : rest;
}

// Wraps; a negative exponent gives the truncated reciprocal.
template <class T>
int64_t power(T base, T exponent) {
  if (exponent < T{0}) {
    if (base == T{1}) return 1;
    if (base == static_cast<T>(-1)) return exponent % 2 == 0 ? 1 : -1;
    return 0;
  }
  uint64_t result = 1, square = static_cast<uint64_t>(base);
  for (auto rest = static_cast<uint64_t>(exponent); rest > 0; rest >>= 1, square *= square)
    if (rest & 1) result *= square;
  return static_cast<int64_t>(result);
}

// By the bits of any width: those of a narrower type have been extended, and storing cuts them.
template <class T>
int64_t shift_left(T value, T bits) {
  return bits < T{0} || bits > T{63}
             ? 0
             : static_cast<int64_t>(static_cast<uint64_t>(value) << static_cast<int>(bits));
}
template <class T>
int64_t shift_right(T value, T bits) {
  if (bits < T{0} || bits > T{63}) return value < T{0} ? -1 : 0;
  return static_cast<int64_t>(value >> static_cast<int>(bits));
}

// On the bits of signed or unsigned 64-bit integers.
template <class T>
int64_t apply_integer(BinaryFunction function, int64_t lhs_bits, int64_t rhs_bits) {
  const auto lhs = static_cast<T>(lhs_bits), rhs = static_cast<T>(rhs_bits);
  if (const auto found = truth(function, lhs, rhs)) return *found;
  const auto ulhs = static_cast<uint64_t>(lhs_bits), urhs = static_cast<uint64_t>(rhs_bits);
  switch (function) {
    case BinaryFunction::kAdd:
      return static_cast<int64_t>(ulhs + urhs);
    case BinaryFunction::kSub:
      return static_cast<int64_t>(ulhs - urhs);
    case BinaryFunction::kMul:
      return static_cast<int64_t>(ulhs * urhs);
    case BinaryFunction::kPow:
      return power(lhs, rhs);
    case BinaryFunction::kMax:
      return lhs > rhs ? lhs_bits : rhs_bits;
    case BinaryFunction::kMin:
      return lhs < rhs ? lhs_bits : rhs_bits;
    case BinaryFunction::kDiv:
      if constexpr (std::is_signed_v<T>) return divide(lhs, rhs);
      return rhs == 0 ? 0 : static_cast<int64_t>(ulhs / urhs);
    case BinaryFunction::kMod:
      if constexpr (std::is_signed_v<T>) return floor_mod(lhs, rhs);
      return rhs == 0 ? 0 : static_cast<int64_t>(ulhs % urhs);
    case BinaryFunction::kBitwiseAnd:
      return lhs_bits & rhs_bits;
    case BinaryFunction::kBitwiseOr:
      return lhs_bits | rhs_bits;
    case BinaryFunction::kBitwiseXor:
      return lhs_bits ^ rhs_bits;
    case BinaryFunction::kShiftLeft:
      return shift_left(lhs, rhs);
    case BinaryFunction::kShiftRight:
      return shift_right(lhs, rhs);
    default:
      break;
  }
  return 0;
}

}  // namespace

void apply_binary(BinaryFunction function, const TensorView& lhs, int64_t i, const TensorView& rhs,
                  int64_t j, const TensorView& dst, int64_t to) {
  if (is_floating(lhs.dtype) || is_floating(rhs.dtype)) {
    store_number(dst, to, apply(function, load_number(lhs, i), load_number(rhs, j)));
    return;
  }
  const int64_t x = load_integer(lhs, i), y = load_integer(rhs, j);
  store_integer(dst, to,
                lhs.dtype == DType::kU64 ? apply_integer<uint64_t>(function, x, y)
                                         : apply_integer<int64_t>(function, x, y));
}

Status binary(const BinaryAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView &lhs = args.inputs[0], &rhs = args.inputs[1], &dst = args.outputs[0];
  walk<2>(share, dst.shape, {broadcast_strides(lhs, dst.shape), broadcast_strides(rhs, dst.shape)},
          [&](int64_t index, const auto& offsets, const auto&) {
            apply_binary(attrs.function, lhs, offsets[0], rhs, offsets[1], dst, index);
          });
  return Status::ok();
}

}  // namespace octet::reference
