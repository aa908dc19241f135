// The list of linear problems.
#include "tests/support/linear_problems.h"

namespace octet::test {
namespace {

constexpr LinearProblem kProblems[] = {
    // Shapes of encoders, benchmarks' included.
    {.name = "minilm_square", .m = 128, .n = 384, .k = 384, .timed = true},
    {.name = "minilm_up",
     .m = 128,
     .n = 1536,
     .k = 384,
     .activation = Activation::kGelu,
     .timed = true},
    {.name = "minilm_down", .m = 128, .n = 384, .k = 1536, .residual = true, .timed = true},
    {.name = "bert_square", .m = 128, .n = 768, .k = 768, .timed = true},
    {.name = "bert_square", .m = 512, .n = 768, .k = 768, .timed = true},
    {.name = "bert_qkv", .m = 128, .n = 2304, .k = 768, .timed = true},
    {.name = "bert_up",
     .m = 128,
     .n = 3072,
     .k = 768,
     .activation = Activation::kGelu,
     .timed = true},
    {.name = "bert_down", .m = 128, .n = 768, .k = 3072, .residual = true, .timed = true},
    {.name = "large", .m = 128, .n = 1024, .k = 1024, .timed = true},
    {.name = "large", .m = 512, .n = 1024, .k = 1024, .timed = true},
    {.name = "large", .m = 128, .n = 4096, .k = 1024, .timed = true},
    {.name = "large", .m = 128, .n = 3072, .k = 3072, .timed = true},
    {.name = "large", .m = 512, .n = 3072, .k = 3072, .timed = true},
    {.name = "large", .m = 128, .n = 4096, .k = 4096, .timed = true},
    {.name = "large", .m = 512, .n = 4096, .k = 4096, .timed = true},
    {.name = "decode", .m = 1, .n = 768, .k = 768, .timed = true},
    {.name = "decode", .m = 1, .n = 4096, .k = 4096, .timed = true},

    // Every tile height and the rows beside it.
    {.name = "rows", .m = 2, .n = 64, .k = 64},
    {.name = "rows", .m = 3, .n = 64, .k = 64},
    {.name = "rows", .m = 7, .n = 64, .k = 64},
    {.name = "rows", .m = 15, .n = 64, .k = 64},
    {.name = "rows", .m = 16, .n = 64, .k = 64},
    {.name = "rows", .m = 31, .n = 64, .k = 64},
    {.name = "rows", .m = 48, .n = 64, .k = 64},
    {.name = "rows", .m = 63, .n = 64, .k = 64},
    {.name = "rows", .m = 65, .n = 64, .k = 64},

    // Extents that no vector width divides.
    {.name = "odd", .m = 33, .n = 100, .k = 1000},
    {.name = "odd", .m = 5, .n = 1000, .k = 33, .residual = true},
    {.name = "odd", .m = 17, .n = 1, .k = 77},
    {.name = "odd", .m = 9, .n = 3, .k = 1},
    {.name = "odd", .m = 1, .n = 1, .k = 1},
    {.name = "odd", .m = 1, .n = 513, .k = 65},
    {.name = "odd", .m = 66, .n = 385, .k = 129, .smoothing = true},
    {.name = "no_rows", .m = 0, .n = 64, .k = 64},

    // Epilogues.
    {.name = "plain", .m = 33, .n = 96, .k = 128, .bias = false},
    {.name = "residual", .m = 33, .n = 96, .k = 128, .bias = false, .residual = true},
    {.name = "relu", .m = 33, .n = 96, .k = 128, .activation = Activation::kRelu},
    {.name = "gelu", .m = 33, .n = 96, .k = 128, .residual = true, .activation = Activation::kGelu},
    {.name = "gelu_tanh", .m = 33, .n = 96, .k = 128, .activation = Activation::kGeluTanh},
    {.name = "tanh", .m = 33, .n = 96, .k = 128, .activation = Activation::kTanh},
    {.name = "sigmoid", .m = 33, .n = 96, .k = 128, .activation = Activation::kSigmoid},
    {.name = "silu", .m = 33, .n = 96, .k = 128, .activation = Activation::kSilu},
    {.name = "bf16", .m = 33, .n = 99, .k = 128, .output_type = DType::kBF16},
    {.name = "bf16_gelu",
     .m = 9,
     .n = 64,
     .k = 64,
     .residual = true,
     .activation = Activation::kGelu,
     .output_type = DType::kBF16},

    // Granularity, zero points, smoothing.
    {.name = "per_tensor", .m = 20, .n = 70, .k = 130, .per_tensor = true},
    {.name = "zero_points", .m = 20, .n = 70, .k = 130, .weights_zero_point = true},
    {.name = "zero_points_per_tensor",
     .m = 20,
     .n = 70,
     .k = 130,
     .weights_zero_point = true,
     .per_tensor = true},
    {.name = "smoothing", .m = 20, .n = 64, .k = 130, .smoothing = true},

    // Hazards.
    {.name = "lowest_sum",
     .m = 4,
     .n = 66,
     .k = 4096,
     .rows = Rows::kPositive,
     .codes = Codes::kLowest},
    {.name = "highest_sum",
     .m = 4,
     .n = 66,
     .k = 4096,
     .rows = Rows::kPositive,
     .codes = Codes::kHighest},
    {.name = "lowest_with_zero_point",
     .m = 4,
     .n = 66,
     .k = 4096,
     .rows = Rows::kNegative,
     .codes = Codes::kLowest},
    {.name = "saturation_pairs",
     .m = 2,
     .n = 16,
     .k = 2,
     .rows = Rows::kPositive,
     .codes = Codes::kLowest},
    {.name = "zero_rows", .m = 5, .n = 64, .k = 64, .rows = Rows::kZeros},
    {.name = "zero_weights", .m = 5, .n = 64, .k = 64, .codes = Codes::kZeros},
    {.name = "tiny_rows", .m = 5, .n = 64, .k = 64, .rows = Rows::kTiny},
    {.name = "non_finite", .m = 6, .n = 64, .k = 96, .rows = Rows::kNonFinite},
    {.name = "non_finite_relu",
     .m = 6,
     .n = 64,
     .k = 96,
     .rows = Rows::kNonFinite,
     .activation = Activation::kRelu},
};

}  // namespace

std::span<const LinearProblem> linear_problems() { return kProblems; }

std::string label(const LinearProblem& problem) {
  return std::string(problem.name) + "/m=" + std::to_string(problem.m) +
         ",n=" + std::to_string(problem.n) + ",k=" + std::to_string(problem.k);
}

std::vector<int64_t> checked_rows(const LinearProblem& problem) {
  constexpr int64_t kFewProducts = int64_t{1} << 24;
  std::vector<int64_t> rows;
  const bool all = problem.m * problem.n * problem.k <= kFewProducts || problem.m <= 4;
  const int64_t step = all ? 1 : std::max<int64_t>(problem.m / 3, 1);
  for (int64_t row = 0; row < problem.m; row += step) rows.push_back(row);
  if (!all && rows.back() != problem.m - 1) rows.push_back(problem.m - 1);
  return rows;
}

}  // namespace octet::test
