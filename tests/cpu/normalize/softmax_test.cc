// Softmax over the last axis against double arithmetic.
#include <limits>

#include "tests/cpu/kernel_checks.h"

namespace octet::test {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// x - max rounds once, which costs |x - max| eps in the exponential; that is within 1 ulp (2 eps),
// the sum within (C/32 + 8) eps, two more roundings follow. A weight below the smallest normal
// float may be 0.
void check(const Tensor& src, bool log = false) {
  const int axis = src.shape().rank() - 1;
  const NodeUnderTest node = make_node(SoftmaxAttrs{axis, log}, {{src}});
  const std::vector<Tensor> found = cpu_outputs("softmax/highway", node),
                            expected = reference_outputs(node);
  ASSERT_EQ(found.size(), 1u);
  const double terms = static_cast<double>(src.shape().back()) / 32 + 8;
  expect_close(found[0], expected[0], [&](size_t, double y) {
    if (log) return (terms + 4 + 2 * std::abs(y)) * kEps;
    return y * kEps * (terms + 6 + (y > 0 ? -std::log(y) : 0)) + std::numeric_limits<float>::min();
  });
}

TEST(Softmax, WidthsAroundTheVectors) {
  for (int64_t columns :
       {1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 63, 64, 65, 100, 128, 384, 1000})
    for (bool log : {false, true})
      check(random_floats({3, columns}, static_cast<uint64_t>(columns), -10, 10), log);
}

TEST(Softmax, RanksAndEmptyTensors) {
  check(random_floats({2, 3, 4, 33}, 1));
  check(random_floats({0, 33}, 1));
}

TEST(Softmax, WideRanges) {
  check(random_floats({8, 77}, 1, -200, 200));
  check(random_floats({8, 77}, 2, -3e38f, 3e38f));
  check(random_floats({4, 77}, 3, 1e30f, 1.0001e30f));
}

TEST(Softmax, MaskedKeysAreExactlyZeroAndChangeNothing) {
  Tensor src = random_floats({1, 40}, 4);
  Tensor masked(DType::kF32, {1, 50});
  for (float low : {-kInfinity, -10000.0f, -3.4028235e38f}) {
    for (size_t i = 0; i < 50; ++i)
      masked.elements<float>()[i] = i < 40 ? src.elements<float>()[i] : low;
    const auto found = cpu_outputs("softmax/highway", make_node(SoftmaxAttrs{1}, {{masked}}));
    for (size_t i = 40; i < 50; ++i) ASSERT_EQ(found[0].elements<float>()[i], 0.0f) << low;
    check(masked);
  }
}

TEST(Softmax, NanAndInfinity) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Tensor src = random_floats({6, 35}, 5);
  float* x = src.elements<float>().data();
  for (int i = 0; i < 35; ++i) x[i] = -kInfinity;  // no key at all
  x[35 + 34] = nan;
  x[70] = nan;
  x[105] = kInfinity;
  for (int i = 0; i < 34; ++i) x[140 + i] = -kInfinity;  // one key
  check(src);
  check(src, true);
}

}  // namespace
}  // namespace octet::test
