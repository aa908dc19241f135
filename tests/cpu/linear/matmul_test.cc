// General f32 matrix products.
#include <limits>

#include "tests/cpu/kernel_checks.h"

namespace octet::test {
namespace {

// k fused multiply-adds, each rounding once: the error is at most k eps times the sum of |lhs|
// |rhs|, here below 1 each.
void check(const Tensor& lhs, const Tensor& rhs) {
  const NodeUnderTest node = make_node(MatMulAttrs{}, {{lhs}, {rhs}});
  const auto k = static_cast<double>(lhs.shape().back());
  const Tensor expected = reference_outputs(node)[0];
  expect_close(cpu_outputs("matmul/highway", node)[0], expected,
               [&](size_t, double) { return k * kEps * k; });
}

TEST(MatMul, SizesAroundTheTiles) {
  for (int64_t m : {1, 2, 5, 6, 7, 13, 96, 97})
    for (int64_t n : {1, 15, 16, 17, 31, 32, 63, 64, 65, 130})
      check(random_floats({m, 33}, 1), random_floats({33, n}, 2));
}

TEST(MatMul, DepthsAroundThePanel) {
  for (int64_t k : {0, 1, 2, 511, 512, 513, 1100})
    check(random_floats({7, k}, 1), random_floats({k, 66}, 2));
}

TEST(MatMul, BatchesAndBroadcasting) {
  check(random_floats({2, 3, 9, 20}, 1), random_floats({2, 3, 20, 17}, 2));
  check(random_floats({2, 3, 9, 20}, 1), random_floats({20, 17}, 2));
  check(random_floats({9, 20}, 1), random_floats({2, 3, 20, 17}, 2));
  check(random_floats({2, 1, 9, 20}, 1), random_floats({3, 20, 17}, 2));
  check(random_floats({0, 9, 20}, 1), random_floats({20, 17}, 2));
  check(random_floats({2, 0, 20}, 1), random_floats({20, 17}, 2));
}

TEST(MatMul, Vectors) {
  check(random_floats({20}, 1), random_floats({20}, 2));
  check(random_floats({20}, 1), random_floats({3, 20, 5}, 2));
  check(random_floats({3, 7, 20}, 1), random_floats({20}, 2));
}

TEST(MatMul, StridesGiveTheSameBits) {
  const Tensor lhs = random_floats({2, 50, 70}, 1), rhs = random_floats({2, 70, 65}, 2);
  const auto run = [](const Tensor& x, const Tensor& y) {
    return cpu_outputs("matmul/highway", make_node(MatMulAttrs{}, {{x}, {y}}))[0];
  };
  const Tensor plain = run(lhs, rhs);
  EXPECT_TRUE(same_bits(plain, run(strided_copy(lhs), rhs)));
  EXPECT_TRUE(same_bits(plain, run(lhs, strided_copy(rhs))));
}

TEST(MatMul, RowsDoNotDependOnTheirCompany) {
  const Tensor lhs = random_floats({40, 128}, 1), rhs = random_floats({128, 64}, 2);
  const Tensor all = cpu_outputs("matmul/highway", make_node(MatMulAttrs{}, {{lhs}, {rhs}}))[0];
  for (int64_t rows : {1, 2, 5, 12, 13}) {
    const Tensor first = Tensor::from<float>(
        lhs.elements<const float>().first(static_cast<size_t>(rows * 128)), {rows, 128});
    const Tensor part =
        cpu_outputs("matmul/highway", make_node(MatMulAttrs{}, {{first}, {rhs}}))[0];
    EXPECT_EQ(std::memcmp(part.bytes(), all.bytes(), part.byte_count()), 0) << rows;
  }
}

TEST(MatMul, NanAndInfinityReachTheirRowsAndColumnsAlone) {
  Tensor lhs = random_floats({7, 20}, 1), rhs = random_floats({20, 33}, 2);
  lhs.elements<float>()[2 * 20 + 3] = std::numeric_limits<float>::quiet_NaN();
  rhs.elements<float>()[5 * 33 + 32] = std::numeric_limits<float>::infinity();
  check(lhs, rhs);
}

TEST(MatMul, OtherTypesAreDeclined) {
  const Tensor ints(DType::kI64, {2, 2});
  EXPECT_EQ(cpu_support("matmul/highway", make_node(MatMulAttrs{}, {{ints}, {ints}})).reason(),
            "input 0 must be float32, found int64");
}

}  // namespace
}  // namespace octet::test
