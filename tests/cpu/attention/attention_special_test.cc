// Attention rows whose scores are not ordinary numbers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "kernels/cpu/cpu_features.h"
#include "tests/cpu/attention/attention_cases.h"

namespace octet::test {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLowest = std::numeric_limits<float>::lowest();

class AttentionSpecial : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (bf16() && !cpu::has_bf16()) GTEST_SKIP() << "no AVX512-BF16 here";
  }
  static bool bf16() { return std::string_view(GetParam()) == "attention/bf16"; }

  // One query, one dimension: scores are q k_j + mask_j, values are v_j.
  static float attend(float q, std::vector<float> k, std::vector<float> mask, std::vector<float> v,
                      bool empty_rows_are_zero = false) {
    const auto keys = static_cast<int64_t>(k.size());
    const DType dtype = bf16() ? DType::kBF16 : DType::kF32;
    const auto tensor = [&](const std::vector<float>& values) {
      const auto count = static_cast<int64_t>(values.size());
      return convert_floats(Tensor::from<float>(values, {1, 1, count, 1}), dtype);
    };
    auto node = NodeUnderTest::create(
        AttentionAttrs{.scale = 1, .empty_rows_are_zero = empty_rows_are_zero},
        {{tensor({q})}, {tensor(k)}, {tensor(v)}, {Tensor::from<float>(mask, {keys})}});
    EXPECT_TRUE(node.is_ok()) << node.status().message();
    auto result = run_kernel(find_row(cpu_kernels(), GetParam()), *node);
    EXPECT_TRUE(result.is_ok()) << result.status().message();
    return (*result)[0].elements<float>()[0];
  }
};

TEST_P(AttentionSpecial, ARowWithoutKeysIsNaNOrZero) {
  EXPECT_TRUE(std::isnan(attend(1, {1, 2, 3}, {-kInfinity, -kInfinity, -kInfinity}, {1, 2, 3})));
  EXPECT_EQ(attend(1, {1, 2, 3}, {-kInfinity, -kInfinity, -kInfinity}, {1, 2, 3}, true), 0);
}

TEST_P(AttentionSpecial, TheLowestFloatIsAScoreLikeAnother) {
  EXPECT_EQ(attend(1, {1, 2, 3, 0}, {kLowest, kLowest, kLowest, kLowest}, {1, 2, 3, 6}), 3);
  EXPECT_EQ(attend(1, {1, -2}, {kLowest, -kInfinity}, {5, 7}, true), 5);
  EXPECT_EQ(attend(1, {1, 2}, {kLowest, 0}, {5, 7}), 7);
}

TEST_P(AttentionSpecial, NaNReachesTheWholeRow) {
  EXPECT_TRUE(std::isnan(attend(NAN, {1, 2}, {0, 0}, {1, 2})));
  for (size_t place : {0, 1, 17, 30}) {
    std::vector<float> k(31, 0.5f), mask(31, 0), v(31, 1);
    k[place] = NAN;
    EXPECT_TRUE(std::isnan(attend(1, k, mask, v))) << place;
    k[place] = 0;
    v[place] = NAN;
    EXPECT_TRUE(std::isnan(attend(1, k, mask, v))) << place;
    v[place] = 1;
    mask[place] = NAN;
    EXPECT_TRUE(std::isnan(attend(1, k, mask, v))) << place;
  }
}

TEST_P(AttentionSpecial, InfiniteScores) {
  EXPECT_TRUE(std::isnan(attend(1, {kInfinity, 1}, {0, 0}, {1, 2})));
  EXPECT_EQ(attend(1, {-kInfinity, 1}, {0, 0}, {1, 2}), 2);
}

TEST_P(AttentionSpecial, EqualScoresAverage) {
  EXPECT_EQ(attend(0, {9, -9, 3, 1}, {0, 0, 0, 0}, {1, 2, 3, 6}), 3);
}

// e^-87 is still a normal float, e^-88 is not.
TEST_P(AttentionSpecial, WeightsThatUnderflowAreExactlyZero) {
  EXPECT_GT(attend(1, {0, -87}, {0, 0}, {0, 1}), 0);
  for (float score : {-88.0f, -100.0f, -120.0f, -1e4f, kLowest})
    EXPECT_EQ(std::bit_cast<uint32_t>(attend(0, {0, 0}, {0, score}, {0, 1})), 0u) << score;
}

INSTANTIATE_TEST_SUITE_P(Cpu, AttentionSpecial, testing::Values("attention/f32", "attention/bf16"),
                         [](const auto& info) {
                           return std::string(info.param).substr(sizeof "attention");
                         });

TEST(AttentionRows, Bf16DeclinesOtherTypes) {
  const Tensor t = random_floats({1, 1, 2, 2}, 1);
  auto node = NodeUnderTest::create(AttentionAttrs{}, {{t}, {t}, {t}});
  ASSERT_TRUE(node.is_ok());
  const Support support = find_row(cpu_kernels(), "attention/bf16").accept(node->request());
  EXPECT_THAT(support.reason(), testing::HasSubstr("q, k and v"));
  EXPECT_EQ(support.reason() == "q, k and v must be bfloat16", cpu::fast_bf16_attention().is_yes());
}

}  // namespace
}  // namespace octet::test
