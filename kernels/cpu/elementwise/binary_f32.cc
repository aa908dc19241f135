// Binary functions over arrays of f32: one loop per function, kind of operand and instruction set.
#include "kernels/cpu/elementwise/binary_f32.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/elementwise/binary_f32.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using F32 = hn::ScalableTag<float>;
using VecF32 = hn::Vec<F32>;

struct Array {
  const float* data;
  HWY_INLINE VecF32 load(int64_t i) const { return hn::LoadU(F32(), data + i); }
  HWY_INLINE VecF32 load(int64_t i, size_t count) const {
    return hn::LoadN(F32(), data + i, count);
  }
};
struct Repeated {
  float value;
  HWY_INLINE VecF32 load(int64_t) const { return hn::Set(F32(), value); }
  HWY_INLINE VecF32 load(int64_t, size_t) const { return hn::Set(F32(), value); }
};

template <class X, class Y, class Function>
HWY_INLINE void loop(X x, Y y, float* dst, int64_t count, Function function) {
  const F32 d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(function(x.load(i), y.load(i)), d, dst + i);
  if (i == count) return;
  const auto rest = static_cast<size_t>(count - i);
  hn::StoreN(function(x.load(i, rest), y.load(i, rest)), d, dst + i, rest);
}

template <class Function>
HWY_INLINE void for_all(const float* lhs, bool lhs_repeated, const float* rhs, bool rhs_repeated,
                        float* dst, int64_t count, Function function) {
  if (count == 0) return;
  if (lhs_repeated && rhs_repeated)
    loop(Repeated{*lhs}, Repeated{*rhs}, dst, count, function);
  else if (lhs_repeated)
    loop(Repeated{*lhs}, Array{rhs}, dst, count, function);
  else if (rhs_repeated)
    loop(Array{lhs}, Repeated{*rhs}, dst, count, function);
  else
    loop(Array{lhs}, Array{rhs}, dst, count, function);
}

void add(const float* lhs, bool lhs_repeated, const float* rhs, bool rhs_repeated, float* dst,
         int64_t count) {
  for_all(lhs, lhs_repeated, rhs, rhs_repeated, dst, count,
          [](auto x, auto y) HWY_ATTR { return hn::Add(x, y); });
}
void sub(const float* lhs, bool lhs_repeated, const float* rhs, bool rhs_repeated, float* dst,
         int64_t count) {
  for_all(lhs, lhs_repeated, rhs, rhs_repeated, dst, count,
          [](auto x, auto y) HWY_ATTR { return hn::Sub(x, y); });
}
void mul(const float* lhs, bool lhs_repeated, const float* rhs, bool rhs_repeated, float* dst,
         int64_t count) {
  for_all(lhs, lhs_repeated, rhs, rhs_repeated, dst, count,
          [](auto x, auto y) HWY_ATTR { return hn::Mul(x, y); });
}
void div(const float* lhs, bool lhs_repeated, const float* rhs, bool rhs_repeated, float* dst,
         int64_t count) {
  for_all(lhs, lhs_repeated, rhs, rhs_repeated, dst, count,
          [](auto x, auto y) HWY_ATTR { return hn::Div(x, y); });
}
// x86 gives the second operand where either is NaN: what is left is a NaN in the first.
void max(const float* lhs, bool lhs_repeated, const float* rhs, bool rhs_repeated, float* dst,
         int64_t count) {
  for_all(lhs, lhs_repeated, rhs, rhs_repeated, dst, count,
          [](auto x, auto y) HWY_ATTR { return hn::IfThenElse(hn::IsNaN(x), x, hn::Max(x, y)); });
}
void min(const float* lhs, bool lhs_repeated, const float* rhs, bool rhs_repeated, float* dst,
         int64_t count) {
  for_all(lhs, lhs_repeated, rhs, rhs_repeated, dst, count,
          [](auto x, auto y) HWY_ATTR { return hn::IfThenElse(hn::IsNaN(x), x, hn::Min(x, y)); });
}

void pow(const float* lhs, bool lhs_repeated, const float* rhs, bool rhs_repeated, float* dst,
         int64_t count) {
  if (count == 0) return;
  if (rhs_repeated && !lhs_repeated) {
    const Array base{lhs};
    const Repeated exponent{*rhs};
    if (*rhs == 2.0f)
      return loop(base, exponent, dst, count, [](auto x, auto) HWY_ATTR { return hn::Mul(x, x); });
    if (*rhs == 3.0f)
      return loop(base, exponent, dst, count,
                  [](auto x, auto) HWY_ATTR { return hn::Mul(hn::Mul(x, x), x); });
    // The square root of -infinity is NaN, its power infinity; that of -0 is -0, its power 0.
    if (*rhs == 0.5f)
      return loop(base, exponent, dst, count, [](auto x, auto) HWY_ATTR {
        return hn::IfThenElse(hn::IsInf(x), hn::Abs(x), hn::Abs(hn::Sqrt(x)));
      });
  }
  for (int64_t i = 0; i < count; ++i)
    dst[i] = std::pow(lhs[lhs_repeated ? 0 : i], rhs[rhs_repeated ? 0 : i]);
}

cpu::BinaryF32 choose_binary(BinaryFunction function) {
  switch (function) {
    case BinaryFunction::kAdd:
      return add;
    case BinaryFunction::kSub:
      return sub;
    case BinaryFunction::kMul:
      return mul;
    case BinaryFunction::kDiv:
      return div;
    case BinaryFunction::kPow:
      return pow;
    case BinaryFunction::kMax:
      return max;
    case BinaryFunction::kMin:
      return min;
    default:
      return nullptr;
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {

HWY_EXPORT(choose_binary);

BinaryF32 binary_f32(BinaryFunction function) {
  return HWY_DYNAMIC_DISPATCH(choose_binary)(function);
}

}  // namespace octet::cpu
#endif  // HWY_ONCE
