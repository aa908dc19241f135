// Conversions, in Highway.
#include "kernels/cpu/linear/convert.h"

#include <bit>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/linear/convert.cc"
#include "hwy/foreach_target.h"
// Highway's headers come after foreach_target.
#include "hwy/highway.h"
#include "kernels/cpu/simd/round_bf16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {

using DF = hn::ScalableTag<float>;
using DU16 = hn::Rebind<uint16_t, DF>;
using DI8 = hn::Rebind<int8_t, DF>;

void narrow_floats(const float* src, uint16_t* dst, size_t count) {
  const DF d;
  const DU16 d16;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    hn::StoreU(round_to_bf16(d, hn::LoadU(d, src + i)), d16, dst + i);
  if (i < count)
    hn::StoreN(round_to_bf16(d, hn::LoadN(d, src + i, count - i)), d16, dst + i, count - i);
}

HWY_INLINE hn::Vec<DF> as_floats(hn::Vec<DI8> codes) {
  return hn::ConvertTo(DF(), hn::PromoteTo(hn::RebindToSigned<DF>(), codes));
}

void widen_to_floats(const int8_t* src, float* dst, size_t count) {
  const DF d;
  const DI8 d8;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(as_floats(hn::LoadU(d8, src + i)), d, dst + i);
  if (i < count) hn::StoreN(as_floats(hn::LoadN(d8, src + i, count - i)), d, dst + i, count - i);
}

// The upper half of the float: codes have at most 8 significant bits.
HWY_INLINE hn::Vec<DU16> as_bf16(hn::Vec<DI8> codes) {
  const hn::RebindToUnsigned<DF> du;
  return hn::TruncateTo(DU16(), hn::ShiftRight<16>(hn::BitCast(du, as_floats(codes))));
}

void widen_to_bf16(const int8_t* src, uint16_t* dst, size_t count) {
  const DU16 d16;
  const DI8 d8;
  const size_t lanes = hn::Lanes(d8);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(as_bf16(hn::LoadU(d8, src + i)), d16, dst + i);
  if (i < count) hn::StoreN(as_bf16(hn::LoadN(d8, src + i, count - i)), d16, dst + i, count - i);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {
namespace {

HWY_EXPORT(narrow_floats);
HWY_EXPORT(widen_to_floats);
HWY_EXPORT(widen_to_bf16);

}  // namespace

void floats_to_bf16(const float* src, uint16_t* dst, size_t count) {
  HWY_DYNAMIC_DISPATCH(narrow_floats)(src, dst, count);
}

void codes_to_bf16(const int8_t* src, uint16_t* dst, size_t count) {
  HWY_DYNAMIC_DISPATCH(widen_to_bf16)(src, dst, count);
}

void codes_to_floats(const int8_t* src, float* dst, size_t count) {
  HWY_DYNAMIC_DISPATCH(widen_to_floats)(src, dst, count);
}

void bf16_to_codes(const uint16_t* src, int8_t* dst, size_t count) {
  for (size_t i = 0; i < count; ++i)
    dst[i] = static_cast<int8_t>(std::bit_cast<float>(uint32_t{src[i]} << 16));
}

void floats_to_codes(const float* src, int8_t* dst, size_t count) {
  for (size_t i = 0; i < count; ++i) dst[i] = static_cast<int8_t>(src[i]);
}

}  // namespace octet::cpu
#endif  // HWY_ONCE
