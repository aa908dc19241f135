// QuantizeRows: the same codes, scales, zero points and sums as the definition in kernels/numerics,
// bit for bit.
#include <cmath>
#include <limits>

#include "kernels/numerics/quantize.h"
#include "tests/cpu/kernel_checks.h"

namespace octet::test {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// Compares every row with numerics::quantize_row.
void check(const Tensor& src, const Tensor& factors = Tensor()) {
  std::vector<NodeInput> inputs = {{src}};
  const bool smooth = factors.view().data != nullptr;
  if (smooth) inputs.push_back({factors, true});
  const NodeUnderTest node = make_node(QuantizeRowsAttrs{}, std::move(inputs));
  const std::vector<Tensor> found = cpu_outputs("quantize_rows/highway", node);
  ASSERT_EQ(found.size(), 2u);
  const int64_t k = src.shape().back(), rows = k == 0 ? 0 : src.element_count() / k;
  std::vector<uint8_t> codes(static_cast<size_t>(k));
  for (int64_t r = 0; r < rows; ++r) {
    const RowParams expected =
        numerics::quantize_row(src.view().as<float>() + r * k,
                               smooth ? factors.view().as<float>() : nullptr, k, codes.data());
    const RowParams params = found[1].elements<RowParams>()[static_cast<size_t>(r)];
    ASSERT_EQ(std::memcmp(found[0].view().as<uint8_t>() + r * k, codes.data(), codes.size()), 0)
        << "row " << r;
    ASSERT_EQ(params.zero_point, expected.zero_point) << "row " << r;
    ASSERT_EQ(params.row_sum, expected.row_sum) << "row " << r;
    if (std::isnan(expected.scale))
      ASSERT_TRUE(std::isnan(params.scale)) << "row " << r;
    else
      ASSERT_EQ(params.scale, expected.scale) << "row " << r;
  }
}

TEST(QuantizeRows, EveryWidthAroundTheVectors) {
  for (int64_t k = 1; k <= 140; ++k) check(random_floats({3, k}, static_cast<uint64_t>(k), -2, 3));
  for (int64_t k : {255, 256, 257, 384, 768, 1000, 3072}) check(random_floats({5, k}, 7, -1, 1));
}

TEST(QuantizeRows, HigherRanksAndEmptyOnes) {
  check(random_floats({2, 3, 4, 65}, 1));
  check(random_floats({0, 64}, 1));
  check(random_floats({2, 0, 64}, 1));
}

TEST(QuantizeRows, Smoothing) {
  for (int64_t k : {1, 15, 16, 63, 64, 65, 100, 384}) {
    const Tensor factors = random_floats({k}, 3, 0.25f, 4);
    check(random_floats({4, k}, 11, -5, 5), factors);
  }
}

TEST(QuantizeRows, Halves) {
  // Values whose quotients are near k + 1/2, where the order of roundings shows.
  Tensor src(DType::kF32, {256, 96});
  Random random(5);
  for (float& x : src.elements<float>())
    x = (static_cast<float>(random.integer(-100, 150)) + 0.5f) * 0.01f *
        (1 + static_cast<float>(random.integer(-2, 2)) * 0x1p-23f);
  check(src);
}

TEST(QuantizeRows, RangesOfAllKinds) {
  const std::vector<std::vector<float>> rows = {
      {0, 0, 0, 0},             // width zero: scale 1
      {-0.0f, 0, -0.0f, 0},     //
      {5, 5, 5, 5},             // all positive: the range is widened to 0
      {-5, -5, -5, -5},         // all negative
      {1e-44f, 0, 0, -1e-44f},  // a scale below the smallest normal float
      {3e-36f, 0, 0, 0},        // a scale just above it
      {3e38f, 0, 0, -3e38f},    // a range that overflows
      {3.4e38f, 1, 2, 3},       //
      {kInfinity, 0, 0, 0},
      {0, 0, 0, -kInfinity},
      {0, kNaN, 0, 0},
      {kNaN, kInfinity, -kInfinity, 1},
  };
  for (int64_t width : {4, 67, 200}) {
    Tensor src(DType::kF32, {static_cast<int64_t>(rows.size()), width});
    for (size_t r = 0; r < rows.size(); ++r)
      for (int64_t i = 0; i < width; ++i)
        src.elements<float>()[r * static_cast<size_t>(width) + static_cast<size_t>(i)] =
            rows[r][static_cast<size_t>(i) % 4];
    check(src);
  }
}

TEST(QuantizeRows, ANonFiniteValueAnywhereInTheRowIsSeen) {
  for (float bad : {kNaN, kInfinity, -kInfinity}) {
    Tensor src = random_floats({70, 70}, 9);
    for (size_t r = 0; r < 70; ++r) src.elements<float>()[r * 70 + r] = bad;
    check(src);
  }
}

// With a range from outside every value is divided by the scale, as ONNX has it.
TEST(QuantizeRows, InAGivenRange) {
  const auto in_range = [](const Tensor& src, float low, float high) {
    const NodeUnderTest node =
        make_node(QuantizeRowsAttrs{},
                  {{src}, {}, {make_tensor<float>({}, {low})}, {make_tensor<float>({1}, {high})}});
    const std::vector<Tensor> found = cpu_outputs("quantize_rows/highway", node),
                              expected = reference_outputs(node);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_TRUE(same_bits(found[0], expected[0]) && same_bits(found[1], expected[1]));
    const RowParams range = numerics::choose_row_params(std::min(low, 0.0f), std::max(high, 0.0f));
    const auto codes = found[0].elements<const uint8_t>();
    const auto numbers = src.elements<const float>();
    for (size_t i = 0; i < codes.size() && !std::isnan(range.scale); ++i)
      ASSERT_EQ(codes[i], numerics::quantize(numbers[i], range.scale, range.zero_point, 0, 255));
  };
  for (int64_t k = 1; k <= 70; ++k) in_range(random_floats({3, k}, 5, -2, 3), -2, 3);
  in_range(random_floats({4, 300}, 6, 1, 3), 1, 3);
  in_range(random_floats({4, 300}, 7, -3, -1), -3, -1);
  in_range(Tensor::from<float>(std::vector<float>(8, 0.0f), {2, 4}), 0, 0);
  in_range(random_floats({2, 4}, 8), -1, kNaN);
  in_range(random_floats({2, 4}, 8), -kInfinity, 1);
}

}  // namespace
}  // namespace octet::test
