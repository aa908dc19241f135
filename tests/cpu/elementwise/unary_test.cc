// Unary functions as row and task kernels; the accuracy of the f32 loops is tested in
// vector_math_test.cc.
#include <limits>

#include "tests/cpu/kernel_checks.h"

namespace octet::test {
namespace {

constexpr UnaryFunction kSmooth[] = {
    UnaryFunction::kCos,      UnaryFunction::kErf,      UnaryFunction::kExp,
    UnaryFunction::kGelu,     UnaryFunction::kGeluTanh, UnaryFunction::kLog,
    UnaryFunction::kSigmoid,  UnaryFunction::kSilu,     UnaryFunction::kSin,
    UnaryFunction::kSoftplus, UnaryFunction::kTanh,     UnaryFunction::kMish,
    UnaryFunction::kHardSwish};
constexpr UnaryFunction kExact[] = {
    UnaryFunction::kAbs,      UnaryFunction::kCeil,       UnaryFunction::kFloor,
    UnaryFunction::kNeg,      UnaryFunction::kReciprocal, UnaryFunction::kRelu,
    UnaryFunction::kRound,    UnaryFunction::kSign,       UnaryFunction::kSqrt,
    UnaryFunction::kSoftsign, UnaryFunction::kAsinh,      UnaryFunction::kAtan,
    UnaryFunction::kCosh,     UnaryFunction::kSinh,       UnaryFunction::kTan};

TEST(Unary, RowsOfEveryFunction) {
  for (int64_t columns : {1, 15, 33, 100}) {
    const Tensor src = random_floats({2, 3, columns}, static_cast<uint64_t>(columns), 0.01f, 4);
    for (UnaryFunction function : kExact)
      expect_equal_reference("unary/rows", make_node(UnaryAttrs{function}, {{src}}));
    for (UnaryFunction function : kSmooth) {
      const NodeUnderTest node = make_node(UnaryAttrs{function}, {{src}});
      // For these inputs every function has an error below 6 eps of the larger of its value and 1.
      expect_close(cpu_outputs("unary/rows", node)[0], reference_outputs(node)[0],
                   [](size_t, double y) { return 6 * kEps * std::max(1.0, std::abs(y)); });
    }
  }
}

TEST(Unary, RowsOfInverseFunctionsInTheirDomains) {
  const Tensor below_one = random_floats({3, 33}, 5, -1, 1),
               above_one = random_floats({3, 33}, 6, 1, 9);
  for (UnaryFunction function : {UnaryFunction::kAcos, UnaryFunction::kAsin, UnaryFunction::kAtanh})
    expect_equal_reference("unary/rows", make_node(UnaryAttrs{function}, {{below_one}}));
  expect_equal_reference("unary/rows", make_node(UnaryAttrs{UnaryFunction::kAcosh}, {{above_one}}));
}

TEST(Unary, RowsOfActivationsWithParameters) {
  const UnaryAttrs activations[] = {
      {UnaryFunction::kElu, 1.5f, 1.0f},  {UnaryFunction::kElu, 1.6732632f, 1.050701f},
      {UnaryFunction::kCelu, 0.7f},       {UnaryFunction::kHardSigmoid, 0.2f, 0.5f},
      {UnaryFunction::kLeakyRelu, 0.01f}, {UnaryFunction::kThresholdedRelu, 0.5f},
  };
  for (int64_t columns : {1, 15, 33, 100}) {
    for (float width : {1e-6f, 0.5f, 8.0f, 200.0f}) {
      const Tensor src =
          random_floats({2, 3, columns}, static_cast<uint64_t>(columns), -width, width);
      for (const UnaryAttrs& attrs : activations) {
        const NodeUnderTest node = make_node(attrs, {{src}});
        // The parameters and the steps after the exponential add three roundings to its error of 6
        // eps (with (u - 1) x / log(u) below 1); the parameters are at most 1.7.
        expect_close(cpu_outputs("unary/activation_rows", node)[0], reference_outputs(node)[0],
                     [](size_t, double y) { return 12 * kEps * std::max(std::abs(y), 1e-7); });
      }
    }
  }
}

TEST(Unary, ActivationsAtTheEdges) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor src = make_tensor<float>({2, 3}, {kInfinity, nan, 0, -0.0f, -200, 3});
  for (const UnaryAttrs& attrs :
       {UnaryAttrs{UnaryFunction::kHardSigmoid, 0.25f, 0.5f},
        UnaryAttrs{UnaryFunction::kLeakyRelu, 0.5f}, UnaryAttrs{UnaryFunction::kThresholdedRelu, 1},
        UnaryAttrs{UnaryFunction::kElu, 1, 1}, UnaryAttrs{UnaryFunction::kCelu, 1}})
    expect_equal_reference("unary/activation_rows", make_node(attrs, {{src}}));
}

TEST(Unary, TasksGiveTheBitsOfRowsForAnyStrides) {
  const Tensor src = random_floats({4, 50, 300}, 1, -4, 4);
  for (UnaryFunction function :
       {UnaryFunction::kGelu, UnaryFunction::kExp, UnaryFunction::kSqrt, UnaryFunction::kCos}) {
    const Tensor rows = cpu_outputs("unary/rows", make_node(UnaryAttrs{function}, {{src}}))[0];
    const Tensor tasks = cpu_outputs("unary/tasks", make_node(UnaryAttrs{function}, {{src}}))[0];
    const Tensor strided =
        cpu_outputs("unary/tasks", make_node(UnaryAttrs{function}, {{strided_copy(src)}}))[0];
    EXPECT_TRUE(same_bits(rows, tasks)) << unary_name(function);
    EXPECT_TRUE(same_bits(rows, strided)) << unary_name(function);
  }
}

TEST(Unary, Integers) {
  for (DType type : {DType::kI64, DType::kI32}) {
    Tensor src = random_integers(type, {3, 70}, 3, -5, 5);
    if (type == DType::kI64) src.elements<int64_t>()[0] = std::numeric_limits<int64_t>::min();
    if (type == DType::kI32) src.elements<int32_t>()[0] = std::numeric_limits<int32_t>::min();
    for (UnaryFunction function : {UnaryFunction::kAbs, UnaryFunction::kBitwiseNot,
                                   UnaryFunction::kNeg, UnaryFunction::kRelu, UnaryFunction::kSign})
      expect_equal_reference("unary/tasks", make_node(UnaryAttrs{function}, {{src}}));
  }
}

TEST(Unary, BoolsAndClassification) {
  const Tensor flags = random_integers(DType::kBool, {3, 70}, 3, 0, 1);
  expect_equal_reference("unary/tasks", make_node(UnaryAttrs{UnaryFunction::kNot}, {{flags}}));
  expect_equal_reference("unary/tasks",
                         make_node(UnaryAttrs{UnaryFunction::kNot}, {{strided_copy(flags)}}));
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const Tensor odd = make_tensor<float>(
      {5}, {0, kInfinity, -kInfinity, std::numeric_limits<float>::quiet_NaN(), 1});
  expect_equal_reference("unary/tasks", make_node(UnaryAttrs{UnaryFunction::kIsNaN}, {{odd}}));
  expect_equal_reference("unary/tasks", make_node(UnaryAttrs{UnaryFunction::kIsInf}, {{odd}}));
}

TEST(Unary, ScalarsAndEmptyTensors) {
  expect_equal_reference(
      "unary/tasks", make_node(UnaryAttrs{UnaryFunction::kSqrt}, {{random_floats({}, 1, 1, 2)}}));
  expect_equal_reference(
      "unary/tasks", make_node(UnaryAttrs{UnaryFunction::kSqrt}, {{random_floats({3, 0, 2}, 1)}}));
}

TEST(Unary, WhatHasNoLoopIsDeclinedWithAReason) {
  const NodeUnderTest doubles =
      make_node(UnaryAttrs{UnaryFunction::kExp}, {{Tensor(DType::kF64, {2, 3})}});
  EXPECT_EQ(cpu_support("unary/rows", doubles).reason(), "input 0 must be float32, found float64");
  EXPECT_EQ(cpu_support("unary/tasks", doubles).reason(), "there is no loop for float64");
  const NodeUnderTest nan =
      make_node(UnaryAttrs{UnaryFunction::kIsNaN}, {{random_floats({2, 3}, 1)}});
  EXPECT_FALSE(cpu_support("unary/rows", nan).is_yes());
}

}  // namespace
}  // namespace octet::test
