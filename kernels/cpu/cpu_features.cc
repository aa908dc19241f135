// The table of CPUs.
#include "kernels/cpu/cpu_features.h"

#include <cpuid.h>

#include <cstdlib>
#include <cstring>
#include <string_view>

#include "hwy/targets.h"
#include "kernels/cpu/onednn/instruction_set.h"

namespace octet::cpu {
namespace {

// Whose vdpbf16ps is fast.
struct Vendor {
  std::string_view name;  // of CPUID leaf 0
  bool fast_bf16_dots;    // more products a cycle than f32 FMA
};

// AMD: measured on Zen 4, BERT-base in bf16 takes 0.54 of its time in f32. Intel: measured on
// Sapphire Rapids, half of the products of f32 FMA in a cycle.
constexpr Vendor kVendors[] = {{"AuthenticAMD", true}, {"GenuineIntel", false}};

std::string vendor_name() {
  unsigned int leaf = 0, parts[3] = {};
  if (__get_cpuid(0, &leaf, &parts[0], &parts[2], &parts[1]) == 0) return "";
  std::string name(sizeof parts, '\0');
  std::memcpy(name.data(), parts, sizeof parts);
  return name;
}

Support fast_bf16_dots() {
  if (!has_bf16()) return Support::no("the CPU has no AVX512-BF16, or it is forbidden");
  static const std::string name = vendor_name();
  for (const Vendor& vendor : kVendors)
    if (vendor.name == name)
      return vendor.fast_bf16_dots ? Support::yes()
                                   : Support::no("vdpbf16ps is slower than f32 on CPUs of " + name);
  return Support::no("vdpbf16ps is not known to be faster than f32 on CPUs of \"" + name + "\"");
}

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

bool has_bf16() {
  static const bool has = (hwy::SupportedTargets() & (HWY_AVX3_ZEN4 | HWY_AVX3_SPR)) != 0;
  return has && !environment_forbids_bf16();
}

Support fast_bf16_linear() {
  const Support dots = fast_bf16_dots();
  if (dots.is_yes() || (has_bf16() && onednn::uses_amx())) return Support::yes();
  return has_bf16() ? Support::no(dots.reason() + ", and there is no AMX") : dots;
}

Support fast_bf16_attention() { return fast_bf16_dots(); }

}  // namespace octet::cpu
