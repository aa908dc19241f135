// Activations with parameters (Elu, Celu, HardSigmoid, LeakyRelu, ThresholdedRelu) of f32 as a row
// kernel.
#include <algorithm>

#include "kernels/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/elementwise/activation_rows.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/cpu/simd/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {

using Loop = void (*)(const UnaryAttrs& attrs, const float* src, float* dst, int64_t count);

template <class Function>
HWY_INLINE void for_all(const float* src, float* dst, int64_t count, Function function) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t i = 0; i < count; i += lanes) {
    const auto rest = static_cast<size_t>(std::min(count - i, lanes));
    hn::StoreN(function(d, hn::LoadN(d, src + i, rest)), d, dst + i, rest);
  }
}

// e^x - 1 for x <= 0, within 2e-7: near 0 as (u - 1) x / log(u) with u = e^x, in which the errors
// of u cancel (Kahan).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_expm1(D d, V x) {
  const V one = hn::Set(d, 1.0f), u = vector_exp(d, x), less = hn::Sub(u, one);
  const V corrected = hn::Div(hn::Mul(less, x), vector_log(d, u));
  const V near = hn::IfThenElse(hn::Eq(u, one), x, corrected);
  return hn::IfThenElse(hn::Gt(x, hn::Set(d, -1.0f)), near, less);
}

void elu(const UnaryAttrs& attrs, const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [&](auto d, auto x) HWY_ATTR {
    const auto zero = hn::Zero(d);
    const auto low =
        hn::Mul(hn::Set(d, attrs.alpha), vector_expm1(d, hn::IfThenElse(hn::Gt(x, zero), zero, x)));
    return hn::Mul(hn::Set(d, attrs.beta), hn::IfThenElse(hn::Gt(x, zero), x, low));
  });
}

void celu(const UnaryAttrs& attrs, const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [&](auto d, auto x) HWY_ATTR {
    const auto alpha = hn::Set(d, attrs.alpha), zero = hn::Zero(d);
    const auto low =
        hn::Mul(alpha, vector_expm1(d, hn::Div(hn::IfThenElse(hn::Gt(x, zero), zero, x), alpha)));
    return hn::IfThenElse(hn::Gt(x, zero), x, low);
  });
}

void hard_sigmoid(const UnaryAttrs& attrs, const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [&](auto d, auto x) HWY_ATTR {
    const auto one = hn::Set(d, 1.0f);
    const auto line = hn::MulAdd(hn::Set(d, attrs.alpha), x, hn::Set(d, attrs.beta));
    // Compared so that NaN stays.
    const auto raised = hn::IfThenZeroElse(hn::Lt(line, hn::Zero(d)), line);
    return hn::IfThenElse(hn::Gt(raised, one), one, raised);
  });
}

void leaky_relu(const UnaryAttrs& attrs, const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [&](auto d, auto x) HWY_ATTR {
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(hn::Set(d, attrs.alpha), x), x);
  });
}

void thresholded_relu(const UnaryAttrs& attrs, const float* src, float* dst, int64_t count) {
  for_all(src, dst, count, [&](auto d, auto x) HWY_ATTR {
    return hn::IfThenElseZero(hn::Gt(x, hn::Set(d, attrs.alpha)), x);
  });
}

Loop choose_activation(UnaryFunction function) {
  switch (function) {
    case UnaryFunction::kCelu:
      return celu;
    case UnaryFunction::kElu:
      return elu;
    case UnaryFunction::kHardSigmoid:
      return hard_sigmoid;
    case UnaryFunction::kLeakyRelu:
      return leaky_relu;
    case UnaryFunction::kThresholdedRelu:
      return thresholded_relu;
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
namespace {

HWY_EXPORT(choose_activation);

using Loop = void (*)(const UnaryAttrs& attrs, const float* src, float* dst, int64_t count);

class ActivationRows final : public RowKernel {
 public:
  ActivationRows(const UnaryAttrs& attrs, Loop loop) : attrs_(attrs), loop_(loop) {}

  Status run(const RowArgs& args) const override {
    const RowOperand &src = args.inputs[0], &dst = args.outputs[0];
    Heartbeat beat(args.control);
    for (int64_t r = 0; r < args.rows; ++r)
      in_pieces(beat, src.columns, kElementUnits, [&](int64_t first, int64_t last) {
        loop_(attrs_, src.row<float>(r) + first, dst.row<float>(r) + first, last - first);
      });
    return beat.status();
  }

 private:
  UnaryAttrs attrs_;
  Loop loop_;
};

Loop loop_of(const KernelRequest& request) {
  return HWY_DYNAMIC_DISPATCH(choose_activation)(attributes_of<UnaryAttrs>(request).function);
}

}  // namespace

Support accept_activation_rows(const KernelRequest& request) {
  if (loop_of(request) == nullptr) return Support::no("it has no parameters");
  return both(require_rows(request), require_type(request, DType::kF32));
}

Result<Kernel> make_activation_rows(const KernelRequest& request) {
  return Kernel(
      std::make_unique<ActivationRows>(attributes_of<UnaryAttrs>(request), loop_of(request)));
}

}  // namespace octet::cpu
#endif  // HWY_ONCE
