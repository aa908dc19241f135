// A whole model gives the same on the reference kernels and on the CPU's.
#include <cmath>

#include "kernels/cpu/table.h"
#include "tests/models/model_runs.h"
#include "tests/support/float_bounds.h"

namespace octet::test {
namespace {

std::vector<float> run_once(const LoadOptions& options, const BertInputs& inputs) {
  const auto model = load_bert(2, options);
  const auto session = model->make_session();
  const auto output = run_bert(*session, inputs);
  return {output.begin(), output.end()};
}

double distance(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += std::pow(double{a[i]} - double{b[i]}, 2);
  return std::sqrt(sum);
}

LoadOptions with(QuantizationScheme quantize, bool reference_only) {
  LoadOptions options;
  options.quantization.standard = quantize;
  options.reference_only = reference_only;
  return options;
}

// Both compute the same expressions and differ by their roundings. Values entering a linear layer
// have at most sqrt(hidden) * |gamma| (a LayerNorm's output), and its products sum to at most about
// the magnitudes below; each of the 2 x 6 linear layers and 2 x 2 attention products adds
// gamma(256) of them, and a LayerNorm divides its input, whose deviation is at least about 1 here,
// so it does not amplify. 16 such terms, twice (either side rounds):
//   2 * 16 * gamma(256) * 4, where 4 is the largest deviation of a row times gamma.
TEST(Backends, Fp32OutputsDifferByRoundings) {
  const BertInputs inputs = make_batch(3, 21);
  const auto expected = run_once(with(QuantizationScheme::none(), true), inputs);
  const auto found = run_once(with(QuantizationScheme::none(), false), inputs);
  ASSERT_EQ(found.size(), static_cast<size_t>(3 * 21 * kBertHidden));
  const double bound = 2 * 16 * gamma(256) * 4;
  double largest = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    largest = std::max(largest, std::abs(double{found[i]} - double{expected[i]}));
    ASSERT_NEAR(found[i], expected[i], bound) << "element " << i;
  }
  RecordProperty("largest_difference", std::to_string(largest));
}

// Where attention stays in float32, as in the reference, only a float that differs in its last bits
// and lies at the border of two codes is rounded to another one. A code is wrong with a probability
// of about 2^-24 * 1000 / (1 / 255) = 1.5 %, so the difference stays well below the error of
// quantization, which is one such rounding of every code and is measured here.
TEST(Backends, W8a8OutputsDifferByFewCodes) {
  const BertInputs inputs = make_batch(3, 21);
  LoadOptions cpu = with(QuantizationScheme::w8a8(), false),
              reference = with(QuantizationScheme::w8a8(), true);
  for (LoadOptions* options : {&cpu, &reference}) options->disabled_passes = {"narrow_attention"};
  const auto exact = run_once(with(QuantizationScheme::none(), true), inputs);
  const auto expected = run_once(reference, inputs);
  const auto found = run_once(cpu, inputs);
  const double quantization = distance(expected, exact);
  EXPECT_GT(quantization, 0);
  EXPECT_LT(distance(found, expected), quantization / 4);
}

// In bfloat16 attention's result moves by a fraction of a code, after which the codes of the next
// layers are rounded anew: another error of quantization, independent of the reference's own. The
// two are as far from the exact output, and sqrt(2) of that from each other.
TEST(Backends, W8a8WithBf16AttentionIsAsGoodAsTheReference) {
  const BertInputs inputs = make_batch(3, 21);
  const auto exact = run_once(with(QuantizationScheme::none(), true), inputs);
  const auto expected = run_once(with(QuantizationScheme::w8a8(), true), inputs);
  const auto found = run_once(with(QuantizationScheme::w8a8(), false), inputs);
  const double quantization = distance(expected, exact);
  EXPECT_LT(distance(found, expected), std::sqrt(2.0) * quantization);
  // 4,032 values: their root mean square varies by a few percent between independent roundings.
  EXPECT_LT(distance(found, exact), 1.2 * quantization);
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double product = 0, a_square = 0, b_square = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    product += double{a[i]} * double{b[i]};
    a_square += std::pow(a[i], 2);
    b_square += std::pow(b[i], 2);
  }
  return product / std::sqrt(a_square * b_square);
}

TEST(Backends, W8a8IsCloseToFp32) {
  const BertInputs inputs = make_batch(4, 32);
  const auto exact = run_once(with(QuantizationScheme::none(), false), inputs);
  const auto found = run_once(with(QuantizationScheme::w8a8(), false), inputs);
  // Codes of 8 bits over a range of about 6 deviations err by 6 / 255 / sqrt(12) = 0.7 % of a
  // deviation; the 12 linear layers, weights and activations, err by sqrt(24) * 0.7 % = 3.3 %, a
  // cosine of 1 - 0.033^2 / 2.
  EXPECT_GT(cosine(found, exact), 0.9994);
  EXPECT_NE(found, exact);
}

// The codes of weights alone: half of the roundings of w8a8, so half of what the cosine misses.
TEST(Backends, W8IsCloserToFp32) {
  const BertInputs inputs = make_batch(4, 32);
  const auto exact = run_once(with(QuantizationScheme::none(), false), inputs);
  const auto found = run_once(with(QuantizationScheme::w8(), false), inputs);
  EXPECT_GT(cosine(found, exact), 0.9997);
  EXPECT_NE(found, exact);
  const auto expected = run_once(with(QuantizationScheme::w8(), true), inputs);
  EXPECT_GT(cosine(found, expected), 0.9999);
}

// A rounding to bf16 errs by 2^-9 / sqrt(3) of a value; 12 layers of two operands: 0.6 %, a cosine
// of 1 - 0.006^2 / 2.
TEST(Backends, Bf16IsCloseToFp32) {
  const Support fast = cpu_backend().features.bf16_linear;
  if (!fast.is_yes()) GTEST_SKIP() << fast.reason();
  const BertInputs inputs = make_batch(4, 32);
  const auto exact = run_once(with(QuantizationScheme::none(), false), inputs);
  const auto found = run_once(with(QuantizationScheme::bf16(), false), inputs);
  EXPECT_GT(cosine(found, exact), 0.9999);
  EXPECT_NE(found, exact);
}

}  // namespace
}  // namespace octet::test
