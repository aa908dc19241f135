// Reductions over neighbouring axes.
#include <limits>

#include "tests/cpu/kernel_checks.h"

namespace octet::test {
namespace {

NodeUnderTest reduce(ReduceFunction function, const Tensor& src, std::vector<int> axes,
                     bool keep_dims = true) {
  return make_node(ReduceAttrs{function, std::move(axes), keep_dims}, {{src}});
}

// Sums of R terms of magnitude below 4 (16 squared), see reduce_loops.h; roots and quotients add a
// rounding.
void check_f32(const Tensor& src, const std::vector<int>& axes) {
  double count = 1;
  for (int axis : axes) count *= static_cast<double>(src.shape()[axis]);
  const double steps = count / 32 + 40;
  for (ReduceFunction function : {ReduceFunction::kSum, ReduceFunction::kMean, ReduceFunction::kL1,
                                  ReduceFunction::kL2, ReduceFunction::kSumSquare}) {
    const NodeUnderTest node = reduce(function, src, axes);
    expect_close(cpu_outputs("reduce/highway", node)[0], reference_outputs(node)[0],
                 [&](size_t, double y) {
                   const double terms = function == ReduceFunction::kSumSquare ? 16 : 4;
                   switch (function) {
                     case ReduceFunction::kMean:
                       return steps * kEps * terms + kEps * std::abs(y);
                     case ReduceFunction::kL2:
                       return (steps / 2 + 2) * kEps * std::abs(y);
                     default:
                       return steps * kEps * terms * count;
                   }
                 });
  }
  for (ReduceFunction function : {ReduceFunction::kMax, ReduceFunction::kMin})
    expect_equal_reference("reduce/highway", reduce(function, src, axes));
}

TEST(Reduce, LastAxis) {
  for (int64_t columns : {1, 2, 7, 8, 15, 16, 17, 63, 64, 65, 100, 128, 384, 1000})
    check_f32(random_floats({3, 5, columns}, static_cast<uint64_t>(columns), -4, 4), {2});
}

TEST(Reduce, MiddleAndLeadingAxes) {
  for (int64_t inner : {2, 15, 16, 63, 64, 65, 130}) {
    check_f32(random_floats({3, 33, inner}, static_cast<uint64_t>(inner), -4, 4), {1});
    check_f32(random_floats({3, 33, inner}, static_cast<uint64_t>(inner), -4, 4), {0, 1});
    check_f32(random_floats({70, inner}, static_cast<uint64_t>(inner), -4, 4), {0});
  }
  check_f32(random_floats({2, 3, 4, 5}, 1, -4, 4), {0, 1, 2, 3});
  check_f32(random_floats({2, 3, 4, 5}, 1, -4, 4), {2, 3});
}

TEST(Reduce, PoolingOfSequences) { check_f32(random_floats({4, 128, 384}, 1, -4, 4), {1}); }

// Two phases; bounds as above, since pieces are sums of the same kind.
TEST(Reduce, MoreThanOneTaskAnOutput) {
  check_f32(random_floats({2, 300001}, 1, -4, 4), {1});
  check_f32(random_floats({3, 100003, 3}, 2, -4, 4), {1});
  check_f32(random_floats({500, 700}, 3, -4, 4), {0, 1});
  check_f32(random_floats({1, 3000, 130}, 4, -4, 4), {1});
}

TEST(Reduce, TwoPhasesGiveTheSameBitsInAnyCompany) {
  const Tensor three = random_floats({3, 300001}, 1, -4, 4);
  for (ReduceFunction function : {ReduceFunction::kMean, ReduceFunction::kMax}) {
    const KernelRow& row = find_row(cpu_kernels(), "reduce/highway");
    const NodeUnderTest together = reduce(function, three, {1});
    const auto expected = run_kernel(row, together);
    ASSERT_TRUE(expected.is_ok()) << expected.status().message();
    for (const int threads : {1, 2, 7})
      for (const bool reverse : {false, true}) {
        const auto found =
            run_kernel(row, together, {.threads = threads, .reverse_tasks = reverse});
        ASSERT_TRUE(found.is_ok()) << found.status().message();
        EXPECT_EQ(to_doubles((*found)[0]), to_doubles((*expected)[0])) << threads;
      }
    for (int64_t i = 0; i < 3; ++i) {
      TensorView view = three.view();
      view.data += static_cast<size_t>(i) * 300001 * sizeof(float);
      view.shape = {1, 300001};
      const auto alone = run_kernel(row, reduce(function, Tensor(three.owner(), view), {1}));
      ASSERT_TRUE(alone.is_ok()) << alone.status().message();
      EXPECT_EQ(to_doubles((*alone)[0])[0], to_doubles((*expected)[0])[static_cast<size_t>(i)]);
    }
  }
}

// The company on an inner axis: columns of [3000, 70] alone, or among twice as many, one of which
// has a NaN.
TEST(Reduce, TwoPhasesGiveTheSameBitsBesideAnyColumns) {
  const KernelRow& row = find_row(cpu_kernels(), "reduce/highway");
  const Tensor few = random_floats({3000, 70}, 1, -4, 4);
  Tensor many(DType::kF32, {3000, 140});
  for (size_t r = 0; r < 3000; ++r)
    for (size_t c = 0; c < 140; ++c)
      many.elements<float>()[r * 140 + c] = few.elements<float>()[r * 70 + c % 70];
  many.elements<float>()[100 * 140 + 137] = std::numeric_limits<float>::quiet_NaN();
  for (ReduceFunction function : {ReduceFunction::kSum, ReduceFunction::kMean}) {
    const auto alone = run_kernel(row, reduce(function, few, {0}));
    const auto beside = run_kernel(row, reduce(function, many, {0}), {.threads = 3});
    ASSERT_TRUE(alone.is_ok() && beside.is_ok());
    const auto expected = to_doubles((*alone)[0]), found = to_doubles((*beside)[0]);
    for (size_t c = 0; c < 140; ++c) {
      if (c == 137)
        EXPECT_TRUE(std::isnan(found[c]));
      else
        EXPECT_EQ(found[c], expected[c % 70]) << c;
    }
  }
}

TEST(Reduce, TwoPhasesHoldSumsThatF32Cannot) {
  for (const Shape& shape : {Shape{2, 300001}, Shape{2, 3001, 3}}) {
    const NodeUnderTest node =
        reduce(ReduceFunction::kMean, random_floats(shape, 4, 2e38f, 3.4e38f), {1});
    expect_close(cpu_outputs("reduce/highway", node)[0], reference_outputs(node)[0],
                 [](size_t, double y) { return 2 * kEps * std::abs(y); });
  }
}

TEST(Reduce, NothingToReduceOrToKeep) {
  for (ReduceFunction function :
       {ReduceFunction::kSum, ReduceFunction::kMean, ReduceFunction::kMax, ReduceFunction::kMin}) {
    expect_equal_reference("reduce/highway", reduce(function, random_floats({3, 0}, 1), {1}));
    expect_equal_reference("reduce/highway",
                           reduce(function, random_floats({3, 0, 2}, 1), {1}, false));
    expect_equal_reference("reduce/highway", reduce(function, random_floats({0, 3}, 1), {1}));
    expect_equal_reference("reduce/highway", reduce(function, random_floats({0, 3, 2}, 1), {1}));
    expect_equal_reference("reduce/highway", reduce(function, random_floats({2, 3, 0}, 1), {1}));
  }
}

// Sums that f32 can't hold, of which a mean, a root or a logarithm is an f32 nevertheless.
TEST(Reduce, ElementsNearTheLargest) {
  for (const int64_t count : {2, 17, 64, 100})
    for (const int axis : {0, 1}) {
      const Tensor src =
          random_floats(axis == 0 ? Shape{count, 3} : Shape{3, count}, 4, 2e38f, 3.4e38f);
      for (ReduceFunction function : {ReduceFunction::kMean, ReduceFunction::kLogSum}) {
        const NodeUnderTest node = reduce(function, src, {axis});
        expect_close(cpu_outputs("reduce/highway", node)[0], reference_outputs(node)[0],
                     [](size_t, double y) { return 2 * kEps * std::abs(y); });
      }
      const Tensor roots =
          random_floats(axis == 0 ? Shape{count, 3} : Shape{3, count}, 4, 2e19f, 9e19f);
      const NodeUnderTest node = reduce(ReduceFunction::kL2, roots, {axis});
      expect_close(cpu_outputs("reduce/highway", node)[0], reference_outputs(node)[0],
                   [](size_t, double y) { return 2 * kEps * std::abs(y); });
    }
}

TEST(Reduce, NanAndInfinity) {
  const float infinity = std::numeric_limits<float>::infinity(),
              nan = std::numeric_limits<float>::quiet_NaN();
  for (size_t at : {0u, 16u, 37u, 69u}) {
    for (float value : {nan, infinity, -infinity}) {
      Tensor src = random_floats({1, 70}, 1);
      src.elements<float>()[at] = value;
      for (ReduceFunction function : {ReduceFunction::kMax, ReduceFunction::kMin}) {
        expect_equal_reference("reduce/highway", reduce(function, src, {1}));
        expect_equal_reference("reduce/highway", reduce(function, src, {0}));
      }
    }
  }
}

TEST(Reduce, Integers) {
  for (DType type : {DType::kI64, DType::kI32}) {
    const Tensor src = random_integers(type, {4, 9, 70}, 1, -100, 1000);
    for (ReduceFunction function :
         {ReduceFunction::kSum, ReduceFunction::kMax, ReduceFunction::kMin}) {
      for (const std::vector<int>& axes : {std::vector<int>{2}, {1}, {0}, {0, 1}, {1, 2}})
        expect_equal_reference("reduce/highway", reduce(function, src, axes));
      expect_equal_reference("reduce/highway", reduce(function, Tensor(type, {3, 0}), {1}));
    }
  }
  const Tensor large = make_tensor<int64_t>({2}, {std::numeric_limits<int64_t>::max(), 5});
  expect_equal_reference("reduce/highway", reduce(ReduceFunction::kSum, large, {0}));
}

TEST(Reduce, DeclinesWithAReason) {
  const Tensor src = random_floats({2, 3, 4}, 1);
  const auto reason = [](const NodeUnderTest& node) {
    return cpu_support("reduce/highway", node).reason();
  };
  EXPECT_EQ(reason(reduce(ReduceFunction::kSum, src, {0, 2})),
            "the reduced axes are not neighbours");
  EXPECT_EQ(reason(reduce(ReduceFunction::kSum, src, {})), "no axis is reduced");
  EXPECT_EQ(reason(reduce(ReduceFunction::kProd, src, {1})), "there is no loop for float32");
}

}  // namespace
}  // namespace octet::test
