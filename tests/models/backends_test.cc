// A whole model gives the same on the reference kernels and on the CPU's.
#include <cmath>

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

LoadOptions with(Quantize quantize, bool reference_only) {
  LoadOptions options;
  options.quantize = quantize;
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
  const auto expected = run_once(with(Quantize::kNone, true), inputs);
  const auto found = run_once(with(Quantize::kNone, false), inputs);
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
  LoadOptions cpu = with(Quantize::kW8A8, false), reference = with(Quantize::kW8A8, true);
  for (LoadOptions* options : {&cpu, &reference}) options->disabled_passes = {"narrow_attention"};
  const auto exact = run_once(with(Quantize::kNone, true), inputs);
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
  const auto exact = run_once(with(Quantize::kNone, true), inputs);
  const auto expected = run_once(with(Quantize::kW8A8, true), inputs);
  const auto found = run_once(with(Quantize::kW8A8, false), inputs);
  const double quantization = distance(expected, exact);
  EXPECT_LT(distance(found, expected), std::sqrt(2.0) * quantization);
  // 4,032 values: their root mean square varies by a few percent between independent roundings.
  EXPECT_LT(distance(found, exact), 1.2 * quantization);
}

TEST(Backends, W8a8IsCloseToFp32) {
  const BertInputs inputs = make_batch(4, 32);
  const auto exact = run_once(with(Quantize::kNone, false), inputs);
  const auto found = run_once(with(Quantize::kW8A8, false), inputs);
  double product = 0, exact_square = 0, found_square = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    product += double{exact[i]} * double{found[i]};
    exact_square += std::pow(exact[i], 2);
    found_square += std::pow(found[i], 2);
  }
  // Codes of 8 bits over a range of about 6 deviations err by 6 / 255 / sqrt(12) = 0.7 % of a
  // deviation; the 12 linear layers, weights and activations, err by sqrt(24) * 0.7 % = 3.3 %, a
  // cosine of 1 - 0.033^2 / 2.
  EXPECT_GT(product / std::sqrt(exact_square * found_square), 0.9994);
  EXPECT_NE(found, exact);
}

}  // namespace
}  // namespace octet::test
