// Unary functions over arrays of f32: one loop per function and instruction set.
#include "kernels/cpu/elementwise/unary_f32.h"

#include <cmath>

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

cpu::UnaryF32 choose_unary(UnaryFunction function) {
  switch (function) {
    case UnaryFunction::kAbs:
      return abs_f32;
    case UnaryFunction::kCeil:
      return ceil_f32;
    case UnaryFunction::kCelu:
      return nullptr;
    case UnaryFunction::kCos:
      return cos_f32;
    case UnaryFunction::kElu:
      return nullptr;
    case UnaryFunction::kErf:
      return erf_f32;
    case UnaryFunction::kExp:
      return exp_f32;
    case UnaryFunction::kFloor:
      return floor_f32;
    case UnaryFunction::kGelu:
      return gelu_f32;
    case UnaryFunction::kGeluTanh:
      return gelu_tanh_f32;
    case UnaryFunction::kHardSigmoid:
      return nullptr;
    case UnaryFunction::kHardSwish:
      return hard_swish_f32;
    case UnaryFunction::kIsInf:
    case UnaryFunction::kIsNaN:
    case UnaryFunction::kLeakyRelu:
      return nullptr;
    case UnaryFunction::kLog:
      return log_f32;
    case UnaryFunction::kMish:
      return mish_f32;
    case UnaryFunction::kNeg:
      return neg_f32;
    case UnaryFunction::kNot:
      return nullptr;
    case UnaryFunction::kReciprocal:
      return reciprocal_f32;
    case UnaryFunction::kRelu:
      return relu_f32;
    case UnaryFunction::kRound:
      return round_f32;
    case UnaryFunction::kSigmoid:
      return sigmoid_f32;
    case UnaryFunction::kSign:
      return sign_f32;
    case UnaryFunction::kSilu:
      return silu_f32;
    case UnaryFunction::kSin:
      return sin_f32;
    case UnaryFunction::kSoftplus:
      return softplus_f32;
    case UnaryFunction::kSqrt:
      return sqrt_f32;
    case UnaryFunction::kTanh:
      return tanh_f32;
    case UnaryFunction::kThresholdedRelu:
      return nullptr;
  }
  return nullptr;
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
