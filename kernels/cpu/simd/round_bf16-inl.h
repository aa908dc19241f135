// f32 vectors rounded to bf16.
#if defined(OCTET_KERNELS_CPU_SIMD_ROUND_BF16_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef OCTET_KERNELS_CPU_SIMD_ROUND_BF16_INL_H_
#undef OCTET_KERNELS_CPU_SIMD_ROUND_BF16_INL_H_
#else
#define OCTET_KERNELS_CPU_SIMD_ROUND_BF16_INL_H_
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// As to_bfloat16() does it: nearest even, NaN stays NaN, subnormals are kept (vcvtneps2bf16 flushes
// them).
template <class DF>
HWY_INLINE hn::Vec<hn::Rebind<uint16_t, DF>> round_to_bf16(DF, hn::Vec<DF> x) {
  const hn::RebindToUnsigned<DF> du;
  const hn::Rebind<uint16_t, DF> du16;
  const auto bits = hn::BitCast(du, x);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1));
  const auto rounded = hn::Add(bits, hn::Add(odd, hn::Set(du, 0x7FFF)));
  const auto quiet = hn::Or(bits, hn::Set(du, 0x00400000));
  const auto kept = hn::IfThenElse(hn::RebindMask(du, hn::IsNaN(x)), quiet, rounded);
  return hn::TruncateTo(du16, hn::ShiftRight<16>(kept));
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#endif
