// The table of schemes: names both ways, and what is refused.
#include "runtime/core/quantization_scheme.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace octet {
namespace {

using ::testing::HasSubstr;

TEST(QuantizationScheme, ANameGivesAValueThatHasTheName) {
  for (const char* name : {"none", "bf16", "w8a8", "w8"}) {
    const auto scheme = scheme_named(name);
    ASSERT_TRUE(scheme.is_ok()) << scheme.status().message();
    EXPECT_EQ(scheme->name(), name);
    EXPECT_THAT(scheme_names(), HasSubstr(name));
  }
  EXPECT_EQ(*scheme_named("w8a8"), QuantizationScheme::w8a8());
  EXPECT_TRUE(scheme_named("none")->is_none());
}

TEST(QuantizationScheme, TheNameDoesNotDependOnWhatIsMultiplied) {
  QuantizationScheme scheme = QuantizationScheme::w8();
  for (const Products products : {Products::kF32, Products::kBF16, Products::kByCpu}) {
    scheme.products = products;
    EXPECT_EQ(scheme.name(), "w8");
    EXPECT_TRUE(scheme.is_weight_only());
  }
  EXPECT_FALSE(QuantizationScheme::w8a8().is_weight_only());
  EXPECT_FALSE(QuantizationScheme::bf16().is_weight_only());
}

TEST(QuantizationScheme, ValuesWithoutANameSayWhatTheyAreMadeOf) {
  QuantizationScheme scheme;
  scheme.weights = {ElementType::kU4, Granularity::kBlocked, 128, ZeroPoint::kInteger};
  EXPECT_EQ(scheme.name(), "u4 blocked 128 with zero points, float");
  scheme.activations = {ActivationRange::kStaticPerTensor, ElementType::kU8};
  EXPECT_EQ(scheme.name(), "u4 blocked 128 with zero points, u8 static");
}

TEST(QuantizationScheme, SchemesWithoutKernelsAreRefusedWithTheReason) {
  for (const char* name : {"w4a8", "w8a8-static"}) {
    const auto scheme = scheme_named(name);
    EXPECT_EQ(scheme.status().code(), StatusCode::kUnsupported) << name;
    EXPECT_THAT(scheme.status().message(), HasSubstr("yet"));
  }
  EXPECT_EQ(scheme_named("w9").status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(scheme_named("").status().message(), HasSubstr("none, bf16, w8a8, w8, w4"));
}

}  // namespace
}  // namespace octet
