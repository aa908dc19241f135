// Reference of Pad, ArgMax and ArgMin.
#include <limits>

#include "tests/reference/evaluate.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;

TEST(Pad, EveryModeOnOneAxis) {
  const Tensor src = floats({1, 2, 3});
  const auto padded = [&](PadMode mode, int64_t begin, int64_t end) {
    return values(PadAttrs{mode, {begin}, {end}}, {src});
  };
  EXPECT_THAT(padded(PadMode::kConstant, 1, 2), ElementsAre(0, 1, 2, 3, 0, 0));
  EXPECT_THAT(padded(PadMode::kReflect, 2, 1), ElementsAre(3, 2, 1, 2, 3, 2));
  EXPECT_THAT(padded(PadMode::kReflect, 0, 5), ElementsAre(1, 2, 3, 2, 1, 2, 3, 2));
  EXPECT_THAT(padded(PadMode::kEdge, 2, 1), ElementsAre(1, 1, 1, 2, 3, 3));
  EXPECT_THAT(padded(PadMode::kWrap, 4, 2), ElementsAre(3, 1, 2, 3, 1, 2, 3, 1, 2));
  EXPECT_THAT(values(PadAttrs{PadMode::kReflect, {1}, {2}}, {floats({7})}),
              ElementsAre(7, 7, 7, 7));
}

TEST(Pad, ValueAndTwoAxes) {
  const Tensor src = make_tensor<float>({2, 2}, {1, 2, 3, 4});
  EXPECT_THAT(values(PadAttrs{PadMode::kConstant, {1, 0}, {0, 1}}, {src, floats({9})}),
              ElementsAre(9, 9, 9, 1, 2, 9, 3, 4, 9));
  EXPECT_THAT(values(PadAttrs{PadMode::kEdge, {1, 1}, {0, 0}}, {src}),
              ElementsAre(1, 1, 2, 1, 1, 2, 3, 3, 4));
  EXPECT_THAT(values(PadAttrs{PadMode::kConstant, {1}, {0}}, {bools({true}), bools({true})}),
              ElementsAre(1, 1));
}

TEST(ArgReduce, FirstOrLastOfEqualOnes) {
  const Tensor src = make_tensor<float>({2, 3}, {1, 5, 5, 2, -1, -1});
  EXPECT_THAT(values(ArgReduceAttrs{.axis = 1}, {src}), ElementsAre(1, 0));
  EXPECT_THAT(values(ArgReduceAttrs{.axis = 1, .last_index = true}, {src}), ElementsAre(2, 0));
  EXPECT_THAT(values(ArgReduceAttrs{.largest = false, .axis = 1}, {src}), ElementsAre(0, 1));
  EXPECT_THAT(values(ArgReduceAttrs{.largest = false, .axis = 0}, {src}), ElementsAre(0, 1, 1));
  EXPECT_EQ(evaluate(ArgReduceAttrs{.axis = 0, .keep_dims = false}, {src}).shape(), Shape{3});
}

TEST(ArgReduce, NansAndLargeIntegers) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor odd = floats({1, nan, nan, 9});
  EXPECT_THAT(values(ArgReduceAttrs{.axis = 0}, {odd}), ElementsAre(1));
  EXPECT_THAT(values(ArgReduceAttrs{.largest = false, .axis = 0, .last_index = true}, {odd}),
              ElementsAre(2));
  const int64_t large = int64_t{1} << 53;
  EXPECT_THAT(values(ArgReduceAttrs{.axis = 0}, {integers({large, large + 1})}), ElementsAre(1));
  EXPECT_THAT(values(ArgReduceAttrs{.axis = 0}, {make_tensor<uint64_t>({2}, {1, ~uint64_t{0}})}),
              ElementsAre(1));
}

}  // namespace
}  // namespace octet::test
