// The bf16 attention kernel, compiled for the targets with bf16 products and the baseline, which
// Highway demands.
#define HWY_DISABLED_TARGETS (HWY_AVX3 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/attention/attention_bf16.cc"
#include "hwy/foreach_target.h"  // must come before highway.h
#include "kernels/cpu/attention/attention_head-inl.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
void attend_bf16(const AttentionHead& head, std::byte* scratch) {
  attend<PairProducts>(head, scratch);
}
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet {
HWY_EXPORT(attend_bf16);

namespace cpu {

void attention_head_bf16(const AttentionHead& head, std::byte* scratch) {
  HWY_DYNAMIC_DISPATCH(attend_bf16)(head, scratch);
}

}  // namespace cpu
}  // namespace octet
#endif  // HWY_ONCE
