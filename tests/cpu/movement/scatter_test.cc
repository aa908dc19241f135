// The scatters, in every way an executor may cut them, against the reference.
#include "runtime/ops/scatter.h"

#include "tests/cpu/kernel_checks.h"

namespace octet::test {
namespace {

constexpr ScatterReduction kReductions[] = {ScatterReduction::kNone, ScatterReduction::kAdd,
                                            ScatterReduction::kMul, ScatterReduction::kMax,
                                            ScatterReduction::kMin};

Tensor random_elements(DType dtype, const Shape& shape, uint64_t seed) {
  if (!is_floating(dtype)) return random_integers(dtype, shape, seed, 0, 100);
  const Tensor floats = random_floats(shape, seed, -2, 2);
  return dtype == DType::kF32 ? floats : convert_floats(floats, dtype);
}

void expect_scattered(const ScatterElementsAttrs& attrs, DType dtype, const Shape& src,
                      const Shape& updates) {
  const int64_t extent = src[attrs.axis];
  expect_equal_reference("scatter_elements/tasks",
                         make_node(LongTailAttrs(attrs),
                                   {{random_elements(dtype, src, 1)},
                                    {random_integers(DType::kI64, updates, 2, -extent, extent - 1)},
                                    {random_elements(dtype, updates, 3)}}));
}

TEST(ScatterElements, EveryReductionAndType) {
  for (const ScatterReduction reduction : kReductions)
    for (const DType dtype : {DType::kF32, DType::kF64, DType::kI32, DType::kI64})
      expect_scattered({1, reduction}, dtype, {3, 5, 4}, {3, 40, 4});
  for (const DType dtype : {DType::kBool, DType::kI8, DType::kBF16, DType::kU16, DType::kU32})
    expect_scattered({0}, dtype, {6, 9}, {4, 9});
}

TEST(ScatterElements, EveryAxisAndLessThanSrc) {
  for (int axis : {0, 1, 2})
    expect_scattered({axis, ScatterReduction::kAdd}, DType::kF32, {4, 5, 6}, {3, 4, 5});
  expect_scattered({0, ScatterReduction::kAdd}, DType::kF32, {50}, {400});
  expect_scattered({0}, DType::kF32, {4, 6}, {0, 6});
  expect_scattered({1}, DType::kF32, {0, 6}, {0, 3});
}

// Large enough that the axes around the scatter's are shared out.
TEST(ScatterElements, ManyTasksCollideNowhere) {
  expect_scattered({0, ScatterReduction::kAdd}, DType::kF32, {30, 300}, {200, 300});
  expect_scattered({1, ScatterReduction::kAdd}, DType::kF32, {300, 30}, {300, 200});
  expect_scattered({1, ScatterReduction::kAdd}, DType::kI64, {3, 30, 300}, {3, 100, 300});
}

// Indices of one column, expanded: whole slices of updates.
TEST(ScatterElements, ExpandedIndices) {
  const Tensor column = random_integers(DType::kI64, {40, 1}, 1, -9, 8);
  const Tensor updates = random_floats({40, 70}, 2);
  for (const ScatterReduction reduction : kReductions)
    expect_equal_reference(
        "scatter_elements/tasks",
        make_node(LongTailAttrs(ScatterElementsAttrs{0, reduction}),
                  {{random_floats({9, 70}, 3)}, {broadcast_view(column, {40, 70})}, {updates}}));
  expect_equal_reference("scatter_elements/tasks",
                         make_node(LongTailAttrs(ScatterElementsAttrs{0, ScatterReduction::kAdd}),
                                   {{random_floats({9, 70}, 3)},
                                    {broadcast_view(column, {40, 70})},
                                    {strided_copy(updates)}}));
}

TEST(ScatterND, EveryDepthAndReduction) {
  const Tensor src = random_floats({5, 6, 7}, 1);
  for (const ScatterReduction reduction : kReductions) {
    const LongTailAttrs attrs(ScatterNDAttrs{reduction});
    for (const DType type : {DType::kI64, DType::kI32}) {
      expect_equal_reference("scatter_nd/tasks",
                             make_node(attrs, {{src},
                                               {random_integers(type, {4, 2, 1}, 2, -5, 4)},
                                               {random_floats({4, 2, 6, 7}, 3)}}));
      expect_equal_reference(
          "scatter_nd/tasks",
          make_node(attrs,
                    {{src}, {random_integers(type, {30, 3}, 2, -5, 4)}, {random_floats({30}, 3)}}));
    }
    expect_equal_reference(
        "scatter_nd/tasks",
        make_node(attrs, {{src}, {Tensor(DType::kI64, {2, 0})}, {random_floats({2, 5, 6, 7}, 3)}}));
  }
  expect_equal_reference(
      "scatter_nd/tasks",
      make_node(LongTailAttrs(ScatterNDAttrs{}),
                {{src}, {Tensor(DType::kI64, {0, 1})}, {Tensor(DType::kF32, {0, 6, 7})}}));
}

TEST(ScatterND, SlicesAreCutAnywhere) {
  expect_equal_reference("scatter_nd/tasks",
                         make_node(LongTailAttrs(ScatterNDAttrs{ScatterReduction::kAdd}),
                                   {{random_floats({7, 33333}, 1)},
                                    {random_integers(DType::kI64, {9, 1}, 2, 0, 6)},
                                    {random_floats({9, 33333}, 3)}}));
}

TEST(TensorScatter, EveryAxisAndPlace) {
  for (const bool circular : {false, true}) {
    for (int axis : {1, 2}) {
      Shape updates = {3, 6, 50};
      updates[axis] = 4;
      const auto most = circular ? 100 : Shape{3, 6, 50}[axis] - 4;
      for (const DType dtype : {DType::kF32, DType::kI8})
        expect_equal_reference(
            "tensor_scatter/tasks",
            make_node(LongTailAttrs(TensorScatterAttrs{axis, circular}),
                      {{random_elements(dtype, {3, 6, 50}, 1)},
                       {random_elements(dtype, updates, 2)},
                       {random_integers(DType::kI64, {3}, 3, circular ? -100 : 0, most)}}));
    }
  }
  expect_equal_reference(
      "tensor_scatter/tasks",
      make_node(LongTailAttrs(TensorScatterAttrs{.axis = 2}),
                {{random_floats({2, 4, 300, 64}, 1)}, {random_floats({2, 4, 300, 64}, 2)}}));
  expect_equal_reference("tensor_scatter/tasks",
                         make_node(LongTailAttrs(TensorScatterAttrs{}),
                                   {{random_floats({2, 4}, 1)}, {Tensor(DType::kF32, {2, 0})}}));
}

TEST(Scatter, AnIndexOutOfRangeIsAnErrorWithText) {
  const Tensor src = random_floats({2, 3}, 1), update = random_floats({1, 1}, 2);
  const auto error = [&](const char* name, const Attributes& attributes, const Tensor& indices,
                         const Tensor& updates) {
    const auto outputs = run_kernel(find_row(cpu_kernels(), name),
                                    make_node(attributes, {{src}, {indices}, {updates}}));
    EXPECT_FALSE(outputs.is_ok());
    return outputs.is_ok() ? "" : outputs.status().message();
  };
  EXPECT_EQ(error("scatter_elements/tasks", LongTailAttrs(ScatterElementsAttrs{1}),
                  make_tensor<int32_t>({1, 1}, {-4}), update),
            "index -4 is out of range for axis 1 with extent 3; expected -3 to 2");
  EXPECT_EQ(error("scatter_nd/tasks", LongTailAttrs(ScatterNDAttrs{}),
                  make_tensor<int64_t>({1, 1, 2}, {0, 3}), update),
            "index 3 is out of range for axis 1 with extent 3; expected -3 to 2");
  EXPECT_EQ(error("tensor_scatter/tasks", LongTailAttrs(TensorScatterAttrs{}),
                  random_floats({2, 1}, 3), make_tensor<int64_t>({2}, {0, 3})),
            "write index 3 of batch 1 is out of range for 1 entries along axis 1 with extent 3; "
            "expected 0 to 2");
}

}  // namespace
}  // namespace octet::test
