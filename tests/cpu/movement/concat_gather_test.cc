// Concat and Gather, the latter as rows and as tasks.
#include "tests/cpu/kernel_checks.h"

namespace octet::test {
namespace {

TEST(Concat, EveryAxis) {
  for (DType type : {DType::kBool, DType::kI64}) {
    const auto ints = [&](const Shape& shape, uint64_t seed) {
      return random_integers(type, shape, seed, 0, 1);
    };
    expect_equal_reference("concat/tasks", make_node(ConcatAttrs{0}, {{ints({2, 3, 5}, 1)},
                                                                      {ints({1, 3, 5}, 2)},
                                                                      {ints({4, 3, 5}, 3)}}));
    expect_equal_reference("concat/tasks", make_node(ConcatAttrs{1}, {{ints({2, 3, 5}, 1)},
                                                                      {ints({2, 0, 5}, 2)},
                                                                      {ints({2, 7, 5}, 3)}}));
    expect_equal_reference("concat/tasks",
                           make_node(ConcatAttrs{2}, {{ints({2, 3, 1}, 1)}, {ints({2, 3, 4}, 2)}}));
    expect_equal_reference("concat/tasks", make_node(ConcatAttrs{0}, {{ints({4}, 1)}}));
    expect_equal_reference("concat/tasks",
                           make_node(ConcatAttrs{1}, {{ints({0, 3}, 1)}, {ints({0, 2}, 1)}}));
  }
}

TEST(Concat, LargePiecesAreCutAnywhere) {
  expect_equal_reference(
      "concat/tasks",
      make_node(ConcatAttrs{0}, {{random_floats({90, 333}, 1)}, {random_floats({41, 333}, 2)}}));
  expect_equal_reference("concat/tasks", make_node(ConcatAttrs{1}, {{random_floats({90, 333}, 1)},
                                                                    {random_floats({90, 77}, 2)}}));
}

TEST(Gather, EmbeddingLookup) {
  const Tensor table = random_floats({30, 37}, 1);
  for (DType type : {DType::kI64, DType::kI32}) {
    const Tensor ids = random_integers(type, {4, 9}, 2, -30, 29);
    expect_equal_reference("gather/rows", make_node(GatherAttrs{0}, {{table, true}, {ids}}));
    expect_equal_reference("gather/tasks", make_node(GatherAttrs{0}, {{table, true}, {ids}}));
  }
  const Tensor codes = random_integers(DType::kI8, {30, 37}, 3, -100, 100);
  expect_equal_reference(
      "gather/rows",
      make_node(GatherAttrs{0}, {{codes, true}, {make_tensor<int64_t>({3}, {0, -1, 29})}}));
}

TEST(Gather, EveryAxis) {
  const Tensor src = random_floats({5, 6, 7}, 1);
  for (int axis : {0, 1, 2}) {
    expect_equal_reference(
        "gather/tasks",
        make_node(GatherAttrs{axis}, {{src}, {make_tensor<int64_t>({2, 2}, {0, -1, 3, 1})}}));
    expect_equal_reference("gather/tasks",
                           make_node(GatherAttrs{axis}, {{src}, {make_tensor<int32_t>({}, {2})}}));
    expect_equal_reference("gather/tasks",
                           make_node(GatherAttrs{axis}, {{src}, {Tensor(DType::kI64, {0})}}));
  }
  expect_equal_reference(
      "gather/tasks", make_node(GatherAttrs{1}, {{random_floats({40, 30, 33}, 1)},
                                                 {random_integers(DType::kI64, {25}, 1, 0, 29)}}));
}

TEST(Gather, AnIndexOutOfRangeIsAnErrorWithText) {
  const Tensor table = random_floats({30, 4}, 1);
  for (const char* name : {"gather/rows", "gather/tasks"}) {
    for (int64_t bad : {30, -31}) {
      const NodeUnderTest node =
          make_node(GatherAttrs{0}, {{table, true}, {make_tensor<int64_t>({3}, {0, bad, 1})}});
      const auto outputs = run_kernel(find_row(cpu_kernels(), name), node);
      ASSERT_FALSE(outputs.is_ok());
      EXPECT_EQ(outputs.status().code(), StatusCode::kInvalidArgument);
      EXPECT_EQ(outputs.status().message(),
                "index " + std::to_string(bad) +
                    " is out of range for axis 0 with extent 30; expected -30 to 29");
    }
  }
}

}  // namespace
}  // namespace octet::test
