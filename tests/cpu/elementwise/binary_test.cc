// Binary functions as row and task kernels.
#include <limits>

#include "tests/cpu/kernel_checks.h"

namespace octet::test {
namespace {

constexpr BinaryFunction kArithmetic[] = {BinaryFunction::kAdd, BinaryFunction::kSub,
                                          BinaryFunction::kMul, BinaryFunction::kDiv,
                                          BinaryFunction::kMax, BinaryFunction::kMin};
constexpr BinaryFunction kComparisons[] = {BinaryFunction::kEqual, BinaryFunction::kLess,
                                           BinaryFunction::kLessOrEqual, BinaryFunction::kGreater,
                                           BinaryFunction::kGreaterOrEqual};

NodeUnderTest binary(BinaryFunction function, const Tensor& lhs, const Tensor& rhs) {
  return make_node(BinaryAttrs{function}, {{lhs}, {rhs}});
}

// Floats with ties, zeros of both signs, infinities and NaN among them.
Tensor odd_floats(const Shape& shape, uint64_t seed) {
  Tensor tensor(DType::kF32, shape);
  Random random(seed);
  const float special[] = {0.0f,
                           -0.0f,
                           1,
                           -1,
                           std::numeric_limits<float>::infinity(),
                           -std::numeric_limits<float>::infinity(),
                           std::numeric_limits<float>::quiet_NaN(),
                           3e38f};
  for (float& value : tensor.elements<float>())
    value = random.integer(0, 3) == 0 ? special[random.integer(0, 7)] : random.normal();
  return tensor;
}

TEST(Binary, RowsPeriodicAndWholeOperands) {
  for (int64_t columns : {1, 7, 16, 33, 100}) {
    const Tensor rows = odd_floats({2, 3, columns}, 1);
    for (const Tensor& other :
         {odd_floats({2, 3, columns}, 2), odd_floats({3, columns}, 3), odd_floats({columns}, 4),
          odd_floats({1, 1, columns}, 5), odd_floats({}, 6), odd_floats({1}, 7)}) {
      for (BinaryFunction function : kArithmetic) {
        expect_equal_reference("binary/rows", binary(function, rows, other));
        expect_equal_reference("binary/rows", binary(function, other, rows));
      }
    }
  }
}

TEST(Binary, TasksWithBroadcasting) {
  const std::pair<Shape, Shape> shapes[] = {{{2, 3, 20}, {2, 1, 20}},
                                            {{2, 3, 20}, {2, 3, 1}},
                                            {{4, 1, 5}, {3, 1}},
                                            {{2, 1, 1, 33}, {7, 33}},
                                            {{}, {}},
                                            {{1, 1}, {5, 0}},
                                            {{0, 3}, {3}},
                                            {{70, 40}, {70, 1}},
                                            {{8, 1, 64}, {1, 50, 1}}};
  for (const auto& [left, right] : shapes) {
    const Tensor lhs = odd_floats(left, 1), rhs = odd_floats(right, 2);
    for (BinaryFunction function : kArithmetic) {
      expect_equal_reference("binary/tasks", binary(function, lhs, rhs));
      expect_equal_reference("binary/tasks", binary(function, rhs, strided_copy(lhs)));
    }
    for (BinaryFunction function : kComparisons)
      expect_equal_reference("binary/tasks", binary(function, lhs, rhs));
  }
}

TEST(Binary, LargeTensorsAreCutIntoTasks) {
  const Tensor lhs = random_floats({3, 37, 501}, 1), rhs = random_floats({37, 1}, 2);
  const NodeUnderTest node = binary(BinaryFunction::kMul, lhs, rhs);
  auto made = find_row(cpu_kernels(), "binary/tasks").make(node.request());
  ASSERT_TRUE(made.is_ok());
  const OperandShape inputs[] = {shape_of(lhs.view()), shape_of(rhs.view())};
  const OperandShape outputs[] = {shape_of(lhs.view())};
  const auto& tasks = *std::get<std::unique_ptr<TaskKernel>>(*made);
  EXPECT_EQ(tasks.task_count({inputs, outputs}, 1), 1);
  EXPECT_GT(tasks.task_count({inputs, outputs}, 4), 4);
  expect_equal_reference("binary/tasks", node);
}

TEST(Binary, Integers) {
  for (DType type : {DType::kI64, DType::kI32}) {
    Tensor lhs = random_integers(type, {3, 70}, 1, -7, 7),
           rhs = random_integers(type, {70}, 2, -3, 3);
    if (type == DType::kI64) {
      lhs.elements<int64_t>()[0] = std::numeric_limits<int64_t>::min();
      rhs.elements<int64_t>()[0] = -1;
    } else {
      lhs.elements<int32_t>()[0] = std::numeric_limits<int32_t>::min();
      rhs.elements<int32_t>()[0] = -1;
    }
    for (BinaryFunction function : kArithmetic)
      expect_equal_reference("binary/tasks", binary(function, lhs, rhs));
    for (BinaryFunction function : kComparisons)
      expect_equal_reference("binary/tasks", binary(function, rhs, lhs));
    expect_equal_reference("binary/tasks", binary(BinaryFunction::kMod, lhs, rhs));
    const Tensor bits = random_integers(type, {70}, 4, -2, 66);
    for (BinaryFunction function :
         {BinaryFunction::kBitwiseAnd, BinaryFunction::kBitwiseOr, BinaryFunction::kBitwiseXor,
          BinaryFunction::kShiftLeft, BinaryFunction::kShiftRight})
      expect_equal_reference("binary/tasks", binary(function, lhs, bits));
  }
}

TEST(Binary, Bools) {
  const Tensor lhs = random_integers(DType::kBool, {3, 70}, 1, 0, 1),
               rhs = random_integers(DType::kBool, {3, 1}, 2, 0, 1);
  for (BinaryFunction function :
       {BinaryFunction::kAnd, BinaryFunction::kOr, BinaryFunction::kXor, BinaryFunction::kEqual})
    expect_equal_reference("binary/tasks", binary(function, lhs, rhs));
}

TEST(Binary, Powers) {
  const Tensor bases = odd_floats({5, 40}, 1);
  // The C library's pow is within 1 ulp, the products of the exponent 3 round twice.
  const auto bound = [](size_t, double y) {
    return 3 * kEps * std::abs(y) + std::numeric_limits<float>::min();
  };
  for (float exponent : {2.0f, 3.0f, 0.5f, -1.0f, 1.7f, 0.0f}) {
    const NodeUnderTest node =
        binary(BinaryFunction::kPow, bases, make_tensor<float>({}, {exponent}));
    const Tensor expected = reference_outputs(node)[0];
    expect_close(cpu_outputs("binary/rows", node)[0], expected, bound);
    expect_close(cpu_outputs("binary/tasks", node)[0], expected, bound);
  }
  const NodeUnderTest both =
      binary(BinaryFunction::kPow, random_floats({5, 40}, 2, 0, 4), random_floats({40}, 3, -2, 2));
  expect_close(cpu_outputs("binary/rows", both)[0], reference_outputs(both)[0], bound);
}

TEST(Binary, WhatHasNoLoopIsDeclinedWithAReason) {
  const Tensor lhs = random_floats({2, 3, 4}, 1);
  const auto reason = [](const char* name, const NodeUnderTest& node) {
    return cpu_support(name, node).reason();
  };
  EXPECT_EQ(reason("binary/rows", binary(BinaryFunction::kAdd, lhs, random_floats({2, 3, 1}, 2))),
            "the operands are not aligned row by row");
  EXPECT_EQ(reason("binary/rows", binary(BinaryFunction::kEqual, lhs, lhs)),
            "there is no row form of equal");
  const Tensor doubles(DType::kF64, {2, 3});
  EXPECT_EQ(reason("binary/tasks", binary(BinaryFunction::kAdd, doubles, doubles)),
            "there is no loop for float64");
}

}  // namespace
}  // namespace octet::test
