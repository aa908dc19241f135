// f32 vectors rounded to codes.
#if defined(OCTET_KERNELS_CPU_SIMD_ROUND_CODES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef OCTET_KERNELS_CPU_SIMD_ROUND_CODES_INL_H_
#undef OCTET_KERNELS_CPU_SIMD_ROUND_CODES_INL_H_
#else
#define OCTET_KERNELS_CPU_SIMD_ROUND_CODES_INL_H_
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// f32 vectors rounded to codes, as numerics::quantize does it: the limits hold before the zero
// point is added, so that it cannot overflow, and NaN becomes the lowest code.
template <class DF>
struct CodeRounding {
  hn::Vec<DF> scale, low, high;
  hn::Vec<hn::RebindToSigned<DF>> zero_point;

  // Codes in [lowest, highest]; a scale and a zero point for each lane.
  HWY_INLINE CodeRounding(DF d, hn::Vec<DF> scales, hn::Vec<hn::RebindToSigned<DF>> zero_points,
                          int32_t lowest, int32_t highest)
      : scale(scales), zero_point(zero_points) {
    const auto shift = hn::ConvertTo(d, zero_points);
    low = hn::Sub(hn::Set(d, static_cast<float>(lowest)), shift);
    high = hn::Sub(hn::Set(d, static_cast<float>(highest)), shift);
  }

  HWY_INLINE hn::Vec<hn::RebindToSigned<DF>> code(hn::Vec<DF> x) const {
    const auto rounded = hn::Round(hn::Div(x, scale));
    const auto number = hn::IfThenElse(hn::Eq(rounded, rounded), rounded, low);
    const auto clamped = hn::Min(hn::Max(number, low), high);
    return hn::Add(hn::ConvertTo(hn::RebindToSigned<DF>(), clamped), zero_point);
  }
};

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#endif
