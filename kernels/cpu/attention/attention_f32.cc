// The f32 attention kernel.
#define HWY_DISABLED_TARGETS (HWY_AVX3_DL | HWY_AVX3_ZEN4 | HWY_AVX3_SPR)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/attention/attention_f32.cc"
#include "hwy/foreach_target.h"  // must come before highway.h
#include "kernels/cpu/attention/attention_head-inl.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
void attend_f32(const AttentionHead& head, std::byte* scratch) {
  attend<FloatProducts>(head, scratch);
}
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet {
HWY_EXPORT(attend_f32);

namespace cpu {

void attention_head_f32(const AttentionHead& head, std::byte* scratch) {
  HWY_DYNAMIC_DISPATCH(attend_f32)(head, scratch);
}

}  // namespace cpu
}  // namespace octet
#endif  // HWY_ONCE
