// Reference of matrix products: MatMul by hand, linear layers over the problem list.
#include "tests/reference/evaluate.h"
#include "tests/support/float_bounds.h"
#include "tests/support/linear_problems.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;

const Tensor kLhs = make_tensor<float>({2, 2}, {1, 2, 3, 4});

TEST(MatMul, MatricesVectorsAndBatches) {
  EXPECT_THAT(values(MatMulAttrs{}, {kLhs, make_tensor<float>({2, 3}, {1, 0, 2, 0, 1, 3})}),
              ElementsAre(1, 2, 8, 3, 4, 18));
  EXPECT_THAT(values(MatMulAttrs{}, {kLhs, floats({1, -1})}), ElementsAre(-1, -1));
  EXPECT_THAT(values(MatMulAttrs{}, {floats({1, -1}), kLhs}), ElementsAre(-2, -2));
  EXPECT_EQ(evaluate(MatMulAttrs{}, {floats({1, 2}), floats({3, 4})}).shape(), Shape{});
  const Tensor batch = evaluate(MatMulAttrs{}, {make_tensor<float>({2, 1, 1, 2}, {1, 0, 0, 1}),  //
                                                make_tensor<float>({2, 2, 1}, {1, 2, 3, 4})});
  EXPECT_EQ(batch.shape(), Shape({2, 2, 1, 1}));
  EXPECT_THAT(to_doubles(batch), ElementsAre(1, 3, 2, 4));
  EXPECT_THAT(values(MatMulAttrs{}, {Tensor(DType::kF32, {1, 0}), Tensor(DType::kF32, {0, 2})}),
              ElementsAre(0, 0));
}

TEST(MatMul, IntegersAreExact) {
  const int64_t large = (int64_t{1} << 53) + 1;
  const Tensor product = evaluate(MatMulAttrs{}, {make_tensor<int64_t>({1, 2}, {large, 2}),  //
                                                  make_tensor<int64_t>({2, 1}, {1, 3})});
  EXPECT_THAT(product.elements<int64_t>(), ElementsAre(large + 6));
}

class LinearProblems : public ::testing::TestWithParam<LinearProblem> {};

// The rows of `found` that checked_rows() names, against expected rows.
void expect_rows(const LinearProblem& problem, const Tensor& found, const LinearInputs& inputs,
                 FloatRow (*expected_row)(const LinearProblem&, const LinearInputs&, int64_t),
                 double bound_factor) {
  const std::vector<double> found_values = to_doubles(found);
  for (int64_t row : checked_rows(problem)) {
    const FloatRow expected = expected_row(problem, inputs, row);
    for (size_t n = 0; n < expected.values.size(); ++n)
      ASSERT_PRED3(within, found_values[static_cast<size_t>(row * problem.n) + n],
                   expected.values[n], expected.bounds[n] * bound_factor)
          << "row " << row << ", column " << n;
  }
}

TEST_P(LinearProblems, FloatInBothOrientations) {
  const LinearProblem& problem = GetParam();
  const LinearInputs inputs = make_linear_inputs(problem);
  for (bool transposed : {true, false}) {
    const NodeUnderTest node = linear_node(problem, inputs, transposed);
    const auto outputs = run_kernel(find_row(reference_kernels(), "linear/reference"), node);
    ASSERT_TRUE(outputs.is_ok()) << outputs.status().message();
    expect_rows(problem, (*outputs)[0], inputs, float_row, 1);
  }
}

TEST_P(LinearProblems, QuantizeRowsGivesTheExpectedCodes) {
  const LinearInputs inputs = make_linear_inputs(GetParam());
  const auto outputs = run_kernel(find_row(reference_kernels(), "quantize_rows/reference"),
                                  quantize_rows_node(inputs));
  ASSERT_TRUE(outputs.is_ok()) << outputs.status().message();
  EXPECT_EQ(to_doubles((*outputs)[0]), to_doubles(inputs.codes));
  for (int64_t row = 0; row < GetParam().m; ++row) {
    const RowParams expected = inputs.params.view().as<RowParams>()[row];
    const RowParams found = (*outputs)[1].view().as<RowParams>()[row];
    EXPECT_PRED3(within, static_cast<double>(found.scale), static_cast<double>(expected.scale), 0);
    EXPECT_EQ(found.zero_point, expected.zero_point);
    EXPECT_EQ(found.row_sum, expected.row_sum);
  }
}

TEST_P(LinearProblems, QuantizedSumsAreExact) {
  const LinearProblem& problem = GetParam();
  const LinearInputs inputs = make_linear_inputs(problem);
  const NodeUnderTest node = quantized_linear_node(problem, inputs);
  const auto outputs =
      run_kernel(find_row(reference_kernels(), "quantized_linear/reference"), node);
  ASSERT_TRUE(outputs.is_ok()) << outputs.status().message();
  expect_rows(problem, (*outputs)[0], inputs, quantized_row, 1);
}

std::string test_name(const ::testing::TestParamInfo<LinearProblem>& info) {
  const LinearProblem& problem = info.param;
  return std::string(problem.name) + "_" + std::to_string(problem.m) + "x" +
         std::to_string(problem.n) + "x" + std::to_string(problem.k);
}

// The timed ones are the CPU backend's business; in plain code they would take minutes.
std::vector<LinearProblem> small_problems() {
  std::vector<LinearProblem> problems;
  for (const LinearProblem& problem : linear_problems())
    if (!problem.timed) problems.push_back(problem);
  return problems;
}

INSTANTIATE_TEST_SUITE_P(All, LinearProblems, ::testing::ValuesIn(small_problems()), test_name);

TEST(LinearProblemList, NamesTheHazards) {
  bool extreme = false, empty = false, non_finite = false, timed = false;
  for (const LinearProblem& problem : linear_problems()) {
    const LinearProblem& p = problem;
    if (p.m == 0) empty = true;
    if (p.rows == Rows::kNonFinite) non_finite = true;
    if (p.timed) timed = true;
    if (p.codes != Codes::kLowest || p.rows != Rows::kPositive) continue;
    const LinearInputs inputs = make_linear_inputs(p);
    for (uint8_t code : inputs.codes.elements<uint8_t>()) EXPECT_EQ(code, 255);
    EXPECT_EQ(integer_sums(inputs, 0)[0], p.k * 255 * -128);
    extreme = true;
  }
  EXPECT_TRUE(extreme && empty && non_finite && timed);
}

// A layer of which codes and floats stand for the same numbers: int8 and float agree within the
// quantization error of the activations, half a step per product.
TEST(QuantizedLinear, IsCloseToTheFloatLayer) {
  const LinearProblem problem{.name = "close", .m = 6, .n = 20, .k = 64, .smoothing = true};
  const LinearInputs inputs = make_linear_inputs(problem);
  for (int64_t row = 0; row < problem.m; ++row) {
    const FloatRow exact = float_row(problem, inputs, row),
                   quantized = quantized_row(problem, inputs, row);
    const auto scale = static_cast<double>(inputs.params.view().as<RowParams>()[row].scale);
    for (int64_t n = 0; n < problem.n; ++n) {
      double magnitudes = 0;
      for (int64_t k = 0; k < problem.k; ++k)
        magnitudes +=
            std::abs(static_cast<double>(inputs.weights.view().as<float>()[n * problem.k + k]) *
                     static_cast<double>(inputs.quantized->smoothing->view().as<float>()[k]));
      const auto i = static_cast<size_t>(n);
      EXPECT_NEAR(exact.values[i], quantized.values[i], 0.501 * scale * magnitudes + 1e-5);
    }
  }
}

}  // namespace
}  // namespace octet::test
