// Which implementation the linear layers of real encoders get: never `ref` or `gemm`.
#include <cstdlib>

#include "hwy/targets.h"
#include "kernels/cpu/onednn/matmul.h"
#include "tests/cpu/kernel_checks.h"

namespace octet::test {
namespace {

using cpu::onednn::ProductType;

struct LayerShape {
  int64_t n, k;
};
// MiniLM (384, 1536) and BERT base (768, 3072): projections, merged QKV, up, down.
constexpr LayerShape kShapes[] = {{384, 384}, {1152, 384}, {1536, 384}, {384, 1536},
                                  {768, 768}, {2304, 768}, {3072, 768}, {768, 3072}};

// Whether this process may use what the machine has.
bool limited() { return std::getenv("ONEDNN_MAX_CPU_ISA") != nullptr; }

TEST(LinearChoice, OneDnnTakesTheLayersOfEncodersWithVnni) {
  if (limited() || (hwy::SupportedTargets() & HWY_AVX3_DL) == 0) GTEST_SKIP() << "no AVX-512 VNNI";
  for (const LayerShape shape : kShapes)
    for (const ProductType type : {ProductType::kU8S8S32, ProductType::kF32}) {
      const Support support = cpu::onednn::supports_products(type, shape.n, shape.k);
      EXPECT_TRUE(support.is_yes()) << shape.n << " x " << shape.k << ": " << support.reason();
      const std::string name = cpu::onednn::implementation_name(type, shape.n, shape.k);
      EXPECT_EQ(name.rfind("brg:", 0), 0u) << name;
    }
}

TEST(LinearChoice, SlowImplementationsAreDeclinedByName) {
  for (const LayerShape shape : kShapes)
    for (const ProductType type : {ProductType::kU8S8S32, ProductType::kF32}) {
      const std::string name = cpu::onednn::implementation_name(type, shape.n, shape.k);
      if (name.find("ref") == std::string::npos && name.find("gemm") == std::string::npos) continue;
      const Support support = cpu::onednn::supports_products(type, shape.n, shape.k);
      ASSERT_FALSE(support.is_yes());
      const bool names_it = support.reason().find(name) != std::string::npos;
      EXPECT_TRUE(names_it || support.reason().find("VNNI") != std::string::npos)
          << support.reason();
    }
}

TEST(LinearChoice, WithoutVnniTheExactRowRuns) {
  const char* limit = std::getenv("ONEDNN_MAX_CPU_ISA");
  if (limit == nullptr || std::string(limit).find("VNNI") != std::string::npos)
    GTEST_SKIP() << "oneDNN is not limited";
  const Support support = cpu::onednn::supports_products(ProductType::kU8S8S32, 768, 768);
  EXPECT_FALSE(support.is_yes());
  EXPECT_NE(support.reason().find("VNNI"), std::string::npos) << support.reason();
}

}  // namespace
}  // namespace octet::test
