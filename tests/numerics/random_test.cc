// The generator of random numbers.
#include "kernels/numerics/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace octet::test {
namespace {

// The published sequence of SplitMix64 for seed 1234567, whose number i is the mix of
// seed + (i + 1) * increment.
TEST(Random, MixesAsSplitMix64) {
  const uint64_t increment = 0x9e3779b97f4a7c15u;
  EXPECT_EQ(mix_bits(1234567 + increment), 6457827717110365317u);
  EXPECT_EQ(mix_bits(1234567 + 2 * increment), 3203168211198807973u);
  EXPECT_EQ(mix_bits(1234567 + 3 * increment), 9817491932198370423u);
  EXPECT_EQ(random_bits(7, 2), mix_bits(mix_bits(7) + 3 * increment));
}

TEST(Random, SeedsAndIndicesGiveDifferentBits) {
  std::set<uint64_t> seen;
  for (uint64_t seed = 0; seed < 40; ++seed)
    for (uint64_t index = 0; index < 250; ++index) seen.insert(random_bits(seed, index));
  EXPECT_EQ(seen.size(), 10000u);
}

TEST(Random, FractionsAreNumbersOfTheTypeBelow1) {
  for (const DType dtype : {DType::kBF16, DType::kF16, DType::kF32, DType::kF64}) {
    const int digits = significand_digits(dtype);
    double sum = 0;
    for (uint64_t index = 0; index < 10000; ++index) {
      const double fraction = random_fraction(3, index, digits);
      ASSERT_GE(fraction, 0);
      ASSERT_LT(fraction, 1);
      ASSERT_EQ(std::ldexp(fraction, digits), std::floor(std::ldexp(fraction, digits)));
      sum += fraction;
    }
    EXPECT_NEAR(sum / 10000, 0.5, 0.02) << dtype_name(dtype);  // six deviations of the mean
  }
}

TEST(Random, NormalsHaveTheMomentsOfTheirDistribution) {
  constexpr int kCount = 100000;
  double sum = 0, squares = 0, fourths = 0;
  for (uint64_t index = 0; index < kCount; ++index) {
    const double x = random_normal(11, index);
    ASSERT_TRUE(std::isfinite(x));
    sum += x;
    squares += x * x;
    fourths += x * x * x * x;
  }
  // About six deviations of each estimate: 1, sqrt 2 and sqrt 96 over the root of the count.
  EXPECT_NEAR(sum / kCount, 0, 0.02);
  EXPECT_NEAR(squares / kCount, 1, 0.03);
  EXPECT_NEAR(fourths / kCount, 3, 0.2);
}

}  // namespace
}  // namespace octet::test
