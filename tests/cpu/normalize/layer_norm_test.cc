// LayerNorm against double arithmetic.
#include <limits>

#include "tests/cpu/kernel_checks.h"

namespace octet::test {
namespace {

// With R = max |x - mean| / sqrt(variance + epsilon) <= sqrt(C): the mean of C numbers, added in
// lanes, is wrong by at most (C/64 + 12) eps max|x|, which shifts every result by that over the
// deviation; the deviation itself, three roundings and those of gamma and beta add a few eps of the
// result's magnitude.
void check(const Tensor& src, float epsilon, bool has_beta) {
  const int64_t columns = src.shape().back();
  const Tensor gamma = random_floats({columns}, 21, -2, 2),
               beta = random_floats({columns}, 22, -1, 1);
  std::vector<NodeInput> inputs = {{src}, {gamma, true}};
  if (has_beta) inputs.push_back({beta, true});
  const NodeUnderTest node = make_node(LayerNormAttrs{epsilon}, std::move(inputs));
  const std::vector<Tensor> found = cpu_outputs("layer_norm/highway", node),
                            expected = reference_outputs(node);
  ASSERT_EQ(found.size(), 1u);
  const std::vector<double> x = to_doubles(src);
  const auto width = static_cast<size_t>(columns);
  const double terms = static_cast<double>(columns) / 64 + 12;
  expect_close(found[0], expected[0], [&](size_t i, double y) {
    const double* row = x.data() + i / width * width;
    double mean = 0, largest = 0, variance = 0;
    for (size_t c = 0; c < width; ++c) {
      mean += row[c] / static_cast<double>(width);
      largest = std::max(largest, std::abs(row[c]));
    }
    for (size_t c = 0; c < width; ++c)
      variance += (row[c] - mean) * (row[c] - mean) / static_cast<double>(width);
    const double scale = std::abs(gamma.elements<float>()[i % width]);
    const double shift = terms * kEps * largest / std::sqrt(variance + epsilon);
    const double normalized = std::abs(row[i % width] - mean) / std::sqrt(variance + epsilon);
    return scale * (shift + (terms + 6) * kEps * normalized) + 2 * kEps * std::abs(y);
  });
}

TEST(LayerNorm, WidthsAroundTheVectors) {
  for (int64_t columns : {1, 2, 7, 8, 9, 15, 16, 17, 31, 63, 64, 65, 100, 127, 129, 384, 768, 1000})
    for (bool has_beta : {false, true})
      check(random_floats({5, columns}, static_cast<uint64_t>(columns), -3, 2), 1e-5f, has_beta);
}

TEST(LayerNorm, RanksAndEmptyTensors) {
  check(random_floats({2, 3, 4, 40}, 1), 1e-12f, true);
  check(random_floats({0, 40}, 1), 1e-5f, true);
}

TEST(LayerNorm, ALargeMeanDoesNotSpoilTheVariance) {
  check(random_floats({4, 384}, 3, 1000, 1001), 1e-5f, true);
  Tensor constant(DType::kF32, {2, 100});
  for (float& value : constant.elements<float>())
    value = 1024;  // a power of two: the mean is exact, so results are beta
  check(constant, 1e-5f, true);
}

// The sums of such rows don't fit f32, their results do.
TEST(LayerNorm, RowsNearTheLargestFloat) {
  for (const int64_t columns : {3, 16, 100, 384})
    for (const bool has_beta : {false, true}) {
      check(random_floats({3, columns}, 7, -1.6e38f, 1.6e38f), 1e-5f, has_beta);
      check(random_floats({3, columns}, 8, 2e38f, 3.4e38f), 1e-5f, has_beta);
      check(random_floats({3, columns}, 9, -1e25f, 1e25f), 1e-5f, has_beta);
    }
}

TEST(LayerNorm, NanAndInfinityStayInTheirRow) {
  Tensor src = random_floats({4, 70}, 5);
  src.elements<float>()[70 + 69] = std::numeric_limits<float>::quiet_NaN();
  src.elements<float>()[140] = std::numeric_limits<float>::infinity();
  const NodeUnderTest node = make_node(LayerNormAttrs{}, {{src}, {random_floats({70}, 1), true}});
  const std::vector<Tensor> found = cpu_outputs("layer_norm/highway", node);
  for (size_t i = 0; i < 280; ++i)
    ASSERT_EQ(std::isnan(found[0].elements<float>()[i]), i / 70 == 1 || i / 70 == 2) << i;
}

}  // namespace
}  // namespace octet::test
