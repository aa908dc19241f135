// QuantizedLinear over the problem list: bit for bit where the formula is exact, within the
// activations' bounds elsewhere, and the same bits for every tile.
#include "tests/cpu/linear/linear_checks.h"

namespace octet::test {
namespace {

constexpr const char* kNames[] = {"quantized_linear/onednn", "quantized_linear/exact"};

bool declined_for_isa(const Support& support) {
  return support.reason().find("VNNI") != std::string::npos;
}

std::unique_ptr<RowKernel> make_kernel(const char* name, const NodeUnderTest& node) {
  return std::get<std::unique_ptr<RowKernel>>(
      std::move(find_row(cpu_kernels(), name).make(node.request()).value()));
}

TEST(QuantizedLinear, AgreesWithTheDefinition) {
  for (const LinearProblem& problem : linear_problems()) {
    SCOPED_TRACE(label(problem));
    const LinearInputs inputs = make_linear_inputs(problem);
    const NodeUnderTest node = quantized_linear_node(problem, inputs);
    std::vector<std::vector<double>> found;
    for (const char* name : kNames) {
      const Support support = cpu_support(name, node);
      if (declined_for_isa(support)) continue;
      ASSERT_TRUE(support.is_yes()) << name << ": " << support.reason();
      const auto outputs = run_kernel(find_row(cpu_kernels(), name), node);
      ASSERT_TRUE(outputs.is_ok()) << name << ": " << outputs.status().message();
      found.push_back(to_doubles((*outputs)[0]));
    }
    expect_rows_within(problem, found,
                       [&](int64_t row) { return quantized_row(problem, inputs, row); });
  }
}

TEST(QuantizedLinear, TheSameBitsForEveryTile) {
  for (const LinearProblem& problem : linear_problems()) {
    if (problem.m * problem.n * problem.k > 1 << 24) continue;
    SCOPED_TRACE(label(problem));
    const LinearInputs inputs = make_linear_inputs(problem);
    const NodeUnderTest node = quantized_linear_node(problem, inputs);
    for (const char* name : kNames)
      if (cpu_support(name, node).is_yes()) cpu_outputs(name, node);
  }
}

TEST(QuantizedLinear, PackedWeightsGiveThePlainCodesBack) {
  for (const LinearProblem& problem : linear_problems()) {
    if (problem.m > 64 || problem.n * problem.k > 1 << 20) continue;
    SCOPED_TRACE(label(problem));
    const LinearInputs inputs = make_linear_inputs(problem);
    const NodeUnderTest node = quantized_linear_node(problem, inputs);
    for (const char* name : kNames) {
      if (!cpu_support(name, node).is_yes()) continue;
      const auto kernel = make_kernel(name, node);
      ASSERT_NE(kernel->packed_weights(), nullptr);
      EXPECT_TRUE(same_bits(kernel->packed_weights()->int_data(), inputs.quantized->int_data))
          << name;
    }
  }
}

// s8 codes may have zero points, too, and u8 codes none.
TEST(QuantizedLinear, EverySignednessWithAndWithoutZeroPoints) {
  for (const DType type : {DType::kI8, DType::kU8})
    for (const bool zero_point : {false, true}) {
      const LinearProblem problem{.name = "signedness", .m = 9, .n = 70, .k = 130};
      LinearInputs inputs = make_linear_inputs(problem);
      QuantizedTensor weights = *inputs.quantized;
      const int64_t low = type == DType::kI8 ? -128 : 0;
      weights.int_data = random_integers(type, {problem.n, problem.k}, 17, low, low + 255);
      if (zero_point) weights.zero_point = random_integers(type, {problem.n}, 19, low, low + 255);
      inputs.quantized = std::make_shared<QuantizedTensor>(weights);
      const NodeUnderTest node = quantized_linear_node(problem, inputs);
      for (const char* name : kNames)
        if (!declined_for_isa(cpu_support(name, node))) expect_equal_reference(name, node);
    }
}

TEST(QuantizedLinear, DeclinesADepthWhoseSumsMayLeaveS32) {
  // 255 * 128 * 65793 < 2^31 <= 255 * 128 * 65794, and 255 * 255 * 33025 < 2^31 <= 255 * 255 *
  // 33026.
  struct Depth {
    int64_t k;
    bool zero_point, accepted;
  };
  for (const Depth depth : {Depth{65793, false, true}, Depth{65794, false, false},
                            Depth{33025, true, true}, Depth{33026, true, false}}) {
    LinearProblem problem{.name = "deep", .m = 1, .n = 2, .k = depth.k, .codes = Codes::kLowest};
    problem.weights_zero_point = depth.zero_point;
    problem.rows = Rows::kPositive;
    const LinearInputs inputs = make_linear_inputs(problem);
    const NodeUnderTest node = quantized_linear_node(problem, inputs);
    for (const char* name : kNames) {
      const Support support = cpu_support(name, node);
      if (declined_for_isa(support)) continue;
      EXPECT_EQ(support.is_yes(), depth.accepted)
          << name << " k=" << depth.k << ": " << support.reason();
      if (support.is_yes()) expect_equal_reference(name, node);
    }
  }
}

}  // namespace
}  // namespace octet::test
