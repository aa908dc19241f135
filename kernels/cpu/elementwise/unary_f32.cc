// Unary functions over arrays of f32: one loop per function and instruction set, written for
// vectors or made of the scalar definition.
#include "kernels/cpu/elementwise/unary_f32.h"

#include <cmath>
#include <utility>

#include "kernels/numerics/unary.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/elementwise/unary_f32.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/cpu/simd/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {

template <class Function>
HWY_INLINE void for_all(const float* src, float* dst, int64_t count, Function function) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  // Two at a time hide the latency of long dependency chains.
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    const auto first = function(d, hn::LoadU(d, src + i));
    const auto second = function(d, hn::LoadU(d, src + i + lanes));
    hn::StoreU(first, d, dst + i);
    hn::StoreU(second, d, dst + i + lanes);
  }
  for (; i < count; i += lanes) {
    const auto rest = static_cast<size_t>(count - i);
    hn::StoreN(function(d, hn::LoadN(d, src + i, rest)), d, dst + i, rest);
  }
}

// A function of the C library, where vectors are not worth their code.
template <class Function>
HWY_INLINE void for_all_scalars(const float* src, float* dst, int64_t count, Function function) {
  for (int64_t i = 0; i < count; ++i) dst[i] = function(src[i]);
}

void abs_f32(const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [](auto, auto x) HWY_ATTR { return hn::Abs(x); });
}
void ceil_f32(const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [](auto, auto x) HWY_ATTR { return hn::Ceil(x); });
}
void cos_f32(const float* src, float* dst, int64_t count) {
  for_all_scalars(src, dst, count, [](float x) { return std::cos(x); });
}
void erf_f32(const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [](auto d, auto x) HWY_ATTR { return vector_erf(d, x); });
}
void exp_f32(const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [](auto d, auto x) HWY_ATTR { return vector_exp(d, x); });
}
void floor_f32(const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [](auto, auto x) HWY_ATTR { return hn::Floor(x); });
}
void gelu_f32(const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [](auto d, auto x) HWY_ATTR { return vector_gelu(d, x); });
}
void gelu_tanh_f32(const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [](auto d, auto x) HWY_ATTR { return vector_gelu_tanh(d, x); });
}
void hard_swish_f32(const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [](auto d, auto x) HWY_ATTR {
    const auto line = hn::MulAdd(x, hn::Set(d, 1.0f / 6), hn::Set(d, 0.5f));
    const auto one = hn::Set(d, 1.0f);
    // Compared so that NaN stays.
    const auto raised = hn::IfThenZeroElse(hn::Lt(line, hn::Zero(d)), line);
    return hn::Mul(x, hn::IfThenElse(hn::Gt(raised, one), one, raised));
  });
}
void log_f32(const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [](auto d, auto x) HWY_ATTR { return vector_log(d, x); });
}
// x tanh(log(1 + e)) = x (e^2 + 2 e) / (e^2 + 2 e + 2) with e = exp(x): no cancellation. From 20 on
// it is x.
void mish_f32(const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [](auto d, auto x) HWY_ATTR {
    const auto two = hn::Set(d, 2.0f), limit = hn::Set(d, 20.0f);
    const auto e = vector_exp(d, hn::IfThenElse(hn::Gt(x, limit), limit, x));
    const auto top = hn::Mul(e, hn::Add(e, two));
    return hn::Mul(x, hn::Div(top, hn::Add(top, two)));
  });
}
void neg_f32(const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [](auto, auto x) HWY_ATTR { return hn::Neg(x); });
}
void reciprocal_f32(const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [](auto d, auto x) HWY_ATTR { return hn::Div(hn::Set(d, 1.0f), x); });
}
void relu_f32(const float* src, float* dst, int64_t count) {
  // Only what is below 0 is replaced, so that NaN stays.
  for_all(src, dst, count,
          [](auto d, auto x) HWY_ATTR { return hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x); });
}
void round_f32(const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [](auto, auto x) HWY_ATTR { return hn::Round(x); });
}
void sigmoid_f32(const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [](auto d, auto x) HWY_ATTR { return vector_sigmoid(d, x); });
}
void sign_f32(const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [](auto d, auto x) HWY_ATTR {
    const auto zero = hn::Zero(d);
    const auto positive = hn::IfThenElse(hn::Gt(x, zero), hn::Set(d, 1.0f), x);
    return hn::IfThenElse(hn::Lt(x, zero), hn::Set(d, -1.0f), positive);
  });
}
void silu_f32(const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [](auto d, auto x) HWY_ATTR { return vector_silu(d, x); });
}
void sin_f32(const float* src, float* dst, int64_t count) {
  for_all_scalars(src, dst, count, [](float x) { return std::sin(x); });
}
void softplus_f32(const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [](auto d, auto x) HWY_ATTR {
    const auto one = hn::Set(d, 1.0f);
    const auto tail = vector_log(d, hn::Add(one, vector_exp(d, hn::Neg(hn::Abs(x)))));
    return hn::Add(hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x), tail);
  });
}
void sqrt_f32(const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [](auto, auto x) HWY_ATTR { return hn::Sqrt(x); });
}
void tanh_f32(const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [](auto d, auto x) HWY_ATTR { return vector_tanh(d, x); });
}

struct Loop {
  UnaryFunction function;
  cpu::UnaryF32 loop;
};
constexpr Loop kLoops[] = {
    {UnaryFunction::kAbs, abs_f32},
    {UnaryFunction::kCeil, ceil_f32},
    {UnaryFunction::kCos, cos_f32},
    {UnaryFunction::kErf, erf_f32},
    {UnaryFunction::kExp, exp_f32},
    {UnaryFunction::kFloor, floor_f32},
    {UnaryFunction::kGelu, gelu_f32},
    {UnaryFunction::kGeluTanh, gelu_tanh_f32},
    {UnaryFunction::kHardSwish, hard_swish_f32},
    {UnaryFunction::kLog, log_f32},
    {UnaryFunction::kMish, mish_f32},
    {UnaryFunction::kNeg, neg_f32},
    {UnaryFunction::kReciprocal, reciprocal_f32},
    {UnaryFunction::kRelu, relu_f32},
    {UnaryFunction::kRound, round_f32},
    {UnaryFunction::kSigmoid, sigmoid_f32},
    {UnaryFunction::kSign, sign_f32},
    {UnaryFunction::kSilu, silu_f32},
    {UnaryFunction::kSin, sin_f32},
    {UnaryFunction::kSoftplus, softplus_f32},
    {UnaryFunction::kSqrt, sqrt_f32},
    {UnaryFunction::kTanh, tanh_f32},
};

constexpr cpu::UnaryF32 written_loop(UnaryFunction function) {
  for (const Loop& row : kLoops)
    if (row.function == function) return row.loop;
  return nullptr;
}

// The scalar definition; the compiler makes vectors of it where it can.
template <UnaryFunction kFunction>
void defined_loop(const float* src, float* dst, int64_t count) {
  constexpr auto of = numerics::unary_definition(kFunction);
  for (int64_t i = 0; i < count; ++i) dst[i] = static_cast<float>(of(double{src[i]}, {}));
}

template <UnaryFunction kFunction>
constexpr cpu::UnaryF32 loop_of() {
  constexpr const UnaryRow& row = unary_row(kFunction);
  if constexpr (row.types == UnaryTypes::kBools || row.types == UnaryTypes::kFloatsToBools ||
                row.types == UnaryTypes::kIntegers || row.parameters > 0)
    return nullptr;
  else if constexpr (written_loop(kFunction) != nullptr)
    return written_loop(kFunction);
  else
    return defined_loop<kFunction>;
}

template <size_t... kRow>
cpu::UnaryF32 choose(UnaryFunction function, std::index_sequence<kRow...>) {
  constexpr cpu::UnaryF32 kAll[] = {loop_of<kUnaryTable[kRow].function>()...};
  return kAll[static_cast<size_t>(function)];
}

cpu::UnaryF32 choose_unary(UnaryFunction function) {
  return choose(function, std::make_index_sequence<std::size(kUnaryTable)>());
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {

HWY_EXPORT(choose_unary);

UnaryF32 unary_f32(UnaryFunction function) { return HWY_DYNAMIC_DISPATCH(choose_unary)(function); }

}  // namespace octet::cpu
#endif  // HWY_ONCE
