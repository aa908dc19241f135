// Where, Clip and Cast as task kernels.
#include <limits>

#include "tests/cpu/kernel_checks.h"

namespace octet::test {
namespace {

TEST(Where, EveryElementSizeAndBroadcast) {
  const Tensor condition = random_integers(DType::kBool, {2, 1, 9}, 1, 0, 1);
  for (DType type : {DType::kI8, DType::kI16, DType::kI32, DType::kI64, DType::kBool}) {
    const Tensor on_true = random_integers(type, {3, 9}, 2, 0, 1),
                 on_false = random_integers(type, {2, 3, 1}, 3, 0, 1);
    expect_equal_reference("where/tasks",
                           make_node(WhereAttrs{}, {{condition}, {on_true}, {on_false}}));
  }
}

TEST(Where, AttentionMasks) {
  const Tensor keep = random_integers(DType::kBool, {2, 1, 1, 130}, 1, 0, 1);
  const Tensor scores = random_floats({2, 3, 40, 130}, 2),
               low = make_tensor<float>({}, {-3.4028235e38f});
  expect_equal_reference("where/tasks", make_node(WhereAttrs{}, {{keep}, {scores}, {low}}));
  expect_equal_reference("where/tasks",
                         make_node(WhereAttrs{}, {{keep}, {low}, {strided_copy(scores)}}));
  expect_equal_reference("where/tasks",
                         make_node(WhereAttrs{}, {{strided_copy(keep)}, {low}, {low}}));
}

TEST(Where, ScalarsAndEmptyTensors) {
  const Tensor yes = random_integers(DType::kBool, {}, 1, 1, 1);
  expect_equal_reference(
      "where/tasks",
      make_node(WhereAttrs{}, {{yes}, {random_floats({}, 1)}, {random_floats({}, 2)}}));
  expect_equal_reference(
      "where/tasks",
      make_node(WhereAttrs{}, {{yes}, {random_floats({3, 0}, 1)}, {random_floats({1}, 2)}}));
}

TEST(Clip, BoundsThatArePresent) {
  Tensor src = random_floats({3, 70}, 1, -2, 2);
  src.elements<float>()[3] = std::numeric_limits<float>::quiet_NaN();
  src.elements<float>()[4] = std::numeric_limits<float>::infinity();
  const Tensor low = make_tensor<float>({}, {-0.5f}), high = make_tensor<float>({}, {0.75f});
  for (const Tensor& x : {src, strided_copy(src)}) {
    expect_equal_reference("clip/tasks", make_node(ClipAttrs{}, {{x}, {low}, {high}}));
    expect_equal_reference("clip/tasks", make_node(ClipAttrs{}, {{x}, {low}}));
    expect_equal_reference("clip/tasks", make_node(ClipAttrs{}, {{x}, {}, {high}}));
    expect_equal_reference("clip/tasks",
                           make_node(ClipAttrs{}, {{x}, {high}, {low}}));  // low above high
  }
  EXPECT_FALSE(cpu_support("clip/tasks", make_node(ClipAttrs{}, {{src}})).is_yes());
}

TEST(Clip, Integers) {
  for (DType type : {DType::kI64, DType::kI32}) {
    const Tensor src = random_integers(type, {100}, 1, -9, 9);
    const Tensor low = random_integers(type, {}, 1, -2, -2),
                 high = random_integers(type, {}, 1, 3, 3);
    expect_equal_reference("clip/tasks", make_node(ClipAttrs{}, {{src}, {low}, {high}}));
    expect_equal_reference("clip/tasks", make_node(ClipAttrs{}, {{src}, {}, {high}}));
  }
}

constexpr DType kTypes[] = {DType::kF32, DType::kF64, DType::kI64, DType::kI32,
                            DType::kI8,  DType::kU8,  DType::kBool};

TEST(Cast, EveryPairOfTypes) {
  for (DType from : kTypes) {
    const Tensor src = from == DType::kF32 ? random_floats({3, 50}, 1, -200, 400)
                       : from == DType::kF64
                           ? convert_floats(random_floats({3, 50}, 1, -200, 400), DType::kF64)
                           : random_integers(from, {3, 50}, 1, 0, from == DType::kBool ? 1 : 100);
    for (DType to : kTypes) {
      expect_equal_reference("cast/tasks", make_node(CastAttrs{to}, {{src}}));
      expect_equal_reference("cast/tasks", make_node(CastAttrs{to}, {{strided_copy(src)}}));
    }
  }
}

TEST(Cast, HazardousFloats) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const Tensor src =
      make_tensor<float>({16}, {kInfinity, -kInfinity, std::numeric_limits<float>::quiet_NaN(), 0,
                                -0.0f, 0.5f, -0.5f, 0.999f, -1.5f, 2147483648.0f, -2147483648.0f,
                                9.3e18f, -9.3e18f, 255.5f, -128.7f, 1e-40f});
  for (DType to : kTypes) expect_equal_reference("cast/tasks", make_node(CastAttrs{to}, {{src}}));
}

TEST(Cast, LargeIntegers) {
  const Tensor src = make_tensor<int64_t>(
      {6}, {std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min(),
            (int64_t{1} << 53) + 1, 16777217, 4294967296, -1});
  for (DType to : kTypes) expect_equal_reference("cast/tasks", make_node(CastAttrs{to}, {{src}}));
}

TEST(Cast, OtherTypesAreDeclined) {
  const NodeUnderTest node = make_node(CastAttrs{DType::kBF16}, {{random_floats({2}, 1)}});
  EXPECT_EQ(cpu_support("cast/tasks", node).reason(), "there is no loop from float32 to bfloat16");
}

}  // namespace
}  // namespace octet::test
