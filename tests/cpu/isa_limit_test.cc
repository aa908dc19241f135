// Lets ONEDNN_MAX_CPU_ISA limit Highway's kernels in this executable too, so that one run of all
// tests covers the AVX2 code.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

#include "hwy/targets.h"
#include "kernels/cpu/cpu_features.h"
#include "kernels/cpu/table.h"

namespace octet {
namespace {

class IsaLimit : public testing::Environment {
  void SetUp() override {
    const char* limit = std::getenv("ONEDNN_MAX_CPU_ISA");
    if (limit != nullptr && std::string_view(limit) == "AVX2")
      hwy::DisableTargets(HWY_AVX3 | HWY_AVX3_DL | HWY_AVX3_ZEN4 | HWY_AVX3_SPR);
    if (limit != nullptr && std::string_view(limit) == "AVX512_CORE")
      hwy::DisableTargets(HWY_AVX3_DL | HWY_AVX3_ZEN4 | HWY_AVX3_SPR);
  }
};

// GoogleTest owns it.
testing::Environment* const kIsaLimit = testing::AddGlobalTestEnvironment(new IsaLimit);

TEST(IsaLimit, ACpuThatRunsTheTestsIsSupported) {
  EXPECT_TRUE(cpu::check_cpu().is_ok()) << cpu::check_cpu().message();
}

TEST(IsaLimit, Bf16ProductsFollowTheLimitOfOneDnn) {
  const char* saved = std::getenv("ONEDNN_MAX_CPU_ISA");
  const std::string restore = saved == nullptr ? "" : saved;
  for (const char* limit : {"AVX2", "AVX512_CORE", "AVX512_CORE_VNNI"}) {
    setenv("ONEDNN_MAX_CPU_ISA", limit, 1);
    EXPECT_FALSE(cpu::has_bf16()) << limit;
    EXPECT_FALSE(cpu::fast_bf16_linear().is_yes()) << limit;
    EXPECT_FALSE(cpu::fast_bf16_attention().is_yes()) << limit;
  }
  setenv("ONEDNN_MAX_CPU_ISA", "DEFAULT", 1);
  const bool machine = (hwy::SupportedTargets() & (HWY_AVX3_ZEN4 | HWY_AVX3_SPR)) != 0;
  EXPECT_EQ(cpu::has_bf16(), machine);
  if (saved == nullptr)
    unsetenv("ONEDNN_MAX_CPU_ISA");
  else
    setenv("ONEDNN_MAX_CPU_ISA", restore.c_str(), 1);
}

}  // namespace
}  // namespace octet
