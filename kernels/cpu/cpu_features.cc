// What the machine can do, and what the environment allows.
#include <cstdlib>
#include <string_view>

#include "hwy/targets.h"
#include "kernels/cpu/table.h"

namespace octet {
namespace {

// oneDNN's own variable limits Octet's choice too, so that one setting gives one instruction set
// everywhere. Source: "CPU Dispatcher Control" in oneDNN's documentation. Values without bf16
// products:
bool environment_forbids_bf16() {
  const char* value = std::getenv("ONEDNN_MAX_CPU_ISA");
  if (value == nullptr) value = std::getenv("DNNL_MAX_CPU_ISA");
  if (value == nullptr) return false;
  for (std::string_view name :
       {"SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2", "AVX512_CORE", "AVX512_CORE_VNNI"})
    if (name == value) return true;
  return false;
}

}  // namespace

Status check_cpu() {
  // Highway counts a target as supported only when the system saves its registers; its AVX2
  // includes FMA.
  if ((hwy::SupportedTargets() &
       (HWY_AVX2 | HWY_AVX3 | HWY_AVX3_DL | HWY_AVX3_ZEN4 | HWY_AVX3_SPR)) != 0)
    return Status::ok();
  return unsupported(
      "this CPU, or the system on it, does not support AVX2 and FMA; Octet needs both, use a newer "
      "machine");
}

bool cpu_has_fast_bf16() {
  static const bool fast = (hwy::SupportedTargets() & (HWY_AVX3_ZEN4 | HWY_AVX3_SPR)) != 0;
  return fast && !environment_forbids_bf16();
}

}  // namespace octet
