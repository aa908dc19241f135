// Linear in f32 over the problem list: within the bound of a sum of k products, in both
// orientations of the weights, and the same bits for every tile.
#include "tests/cpu/linear/linear_checks.h"

namespace octet::test {
namespace {

constexpr const char* kNames[] = {"linear/onednn", "linear/highway"};

TEST(Linear, AgreesWithTheDefinition) {
  for (const LinearProblem& problem : linear_problems()) {
    SCOPED_TRACE(label(problem));
    const LinearInputs inputs = make_linear_inputs(problem);
    std::vector<std::vector<double>> found;
    for (const bool transposed : {true, false}) {
      const NodeUnderTest node = linear_node(problem, inputs, transposed);
      for (const char* name : kNames) {
        if (!cpu_support(name, node).is_yes())
          continue;  // linear_choice_test.cc says where it must not
        const auto outputs = run_kernel(find_row(cpu_kernels(), name), node);
        ASSERT_TRUE(outputs.is_ok()) << name << ": " << outputs.status().message();
        found.push_back(to_doubles((*outputs)[0]));
      }
    }
    ASSERT_GE(found.size(), 2u);
    expect_rows_within(problem, found,
                       [&](int64_t row) { return float_row(problem, inputs, row); });
  }
}

TEST(Linear, TheSameBitsForEveryTile) {
  for (const LinearProblem& problem : linear_problems()) {
    if (problem.m * problem.n * problem.k > 1 << 24) continue;
    SCOPED_TRACE(label(problem));
    const LinearInputs inputs = make_linear_inputs(problem);
    const NodeUnderTest node = linear_node(problem, inputs);
    for (const char* name : kNames)
      if (cpu_support(name, node).is_yes()) cpu_outputs(name, node);
  }
}

TEST(Linear, ComputedWeightsAreDeclined) {
  const NodeUnderTest node =
      make_node(LinearAttrs{}, {{random_floats({3, 8}, 1)}, {random_floats({8, 5}, 2)}});
  for (const char* name : kNames)
    EXPECT_EQ(cpu_support(name, node).reason(), "the weights must be constant");
}

}  // namespace
}  // namespace octet::test
