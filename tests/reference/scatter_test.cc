// Reference of the scatters.
#include "runtime/ops/scatter.h"

#include <cmath>
#include <limits>

#include "tests/reference/evaluate.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<double> scattered(const ScatterElementsAttrs& attrs, const Tensor& src,
                              const Tensor& indices, const Tensor& updates) {
  return values(LongTailAttrs(attrs), {src, indices, updates});
}

TEST(ScatterElements, AlongAnyAxis) {
  const Tensor src = make_tensor<float>({3, 3}, {0, 0, 0, 0, 0, 0, 0, 0, 0});
  const Tensor indices = make_tensor<int64_t>({2, 3}, {1, 0, 2, 0, 2, -2});
  const Tensor updates = make_tensor<float>({2, 3}, {1, 1.5f, 2, 3, 4, 5});
  EXPECT_THAT(scattered({0}, src, indices, updates), ElementsAre(3, 1.5, 0, 1, 0, 5, 0, 4, 2));
  EXPECT_THAT(scattered({1}, src, indices, updates), ElementsAre(1.5, 1, 2, 3, 5, 4, 0, 0, 0));
}

TEST(ScatterElements, UpdatesFollowEachOther) {
  const Tensor src = floats({1, 2, 3, 4}), updates = floats({5, -6, 0.5f});
  const Tensor indices = make_tensor<int32_t>({3}, {1, -3, 3});
  const auto with = [&](ScatterReduction reduction) {
    return scattered({0, reduction}, src, indices, updates);
  };
  EXPECT_THAT(with(ScatterReduction::kNone), ElementsAre(1, -6, 3, 0.5));
  EXPECT_THAT(with(ScatterReduction::kAdd), ElementsAre(1, 1, 3, 4.5));
  EXPECT_THAT(with(ScatterReduction::kMul), ElementsAre(1, -60, 3, 2));
  EXPECT_THAT(with(ScatterReduction::kMax), ElementsAre(1, 5, 3, 4));
  EXPECT_THAT(with(ScatterReduction::kMin), ElementsAre(1, -6, 3, 0.5));
}

TEST(ScatterElements, OfEveryType) {
  const Tensor indices = integers({0, 0});
  EXPECT_THAT(scattered({0, ScatterReduction::kAdd}, make_tensor<uint8_t>({2}, {200, 7}), indices,
                        make_tensor<uint8_t>({2}, {50, 10})),
              ElementsAre(4, 7));
  EXPECT_THAT(
      scattered({0, ScatterReduction::kMax}, make_tensor<uint64_t>({1}, {0x7FFFFFFFFFFFFFFFu}),
                indices, make_tensor<uint64_t>({2}, {0x8000000000000000u, 1})),
      ElementsAre(0x1p63));
  EXPECT_THAT(
      scattered({0, ScatterReduction::kMul}, bools({true, true}), indices, bools({true, false})),
      ElementsAre(0, 1));
  // 16-bit sums are rounded one by one: 2048 + 1 stays.
  EXPECT_THAT(scattered({0, ScatterReduction::kAdd}, convert_floats(floats({2048}), DType::kF16),
                        indices, convert_floats(floats({1, 1}), DType::kF16)),
              ElementsAre(2048));
}

TEST(ScatterElements, ANaNStays) {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  for (const ScatterReduction reduction : {ScatterReduction::kMax, ScatterReduction::kMin}) {
    const auto found =
        scattered({0, reduction}, floats({kNaN, 1}), integers({0, 1}), floats({2, kNaN}));
    EXPECT_TRUE(std::isnan(found[0]) && std::isnan(found[1]));
  }
}

TEST(ScatterElements, IndicesMayCoverLess) {
  const Tensor src = make_tensor<int32_t>({2, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7});
  EXPECT_THAT(scattered({2}, src, make_tensor<int64_t>({1, 2, 1}, {1, 0}),
                        make_tensor<int32_t>({1, 2, 1}, {8, 9})),
              ElementsAre(0, 8, 9, 3, 4, 5, 6, 7));
}

TEST(ScatterElements, OfNothing) {
  const Tensor none(DType::kF32, {0}), no_indices(DType::kI64, {0});
  EXPECT_THAT(scattered({0}, floats({1, 2}), no_indices, none), ElementsAre(1, 2));
  EXPECT_THAT(scattered({0}, none, no_indices, none), ElementsAre());
  EXPECT_THAT(
      evaluate_error(LongTailAttrs(ScatterElementsAttrs{}), {none, integers({0}), floats({1})}),
      HasSubstr("index 0 is out of range for axis 0 with extent 0"));
}

TEST(ScatterElements, AnIndexOutOfRangeIsAnErrorWithText) {
  for (const int64_t bad : {4, -5})
    EXPECT_EQ(evaluate_error(LongTailAttrs(ScatterElementsAttrs{}),
                             {floats({1, 2, 3, 4}), integers({bad}), floats({1})}),
              "index " + std::to_string(bad) +
                  " is out of range for axis 0 with extent 4; expected -4 to 3");
}

TEST(ScatterND, SlicesAndElements) {
  const Tensor src = make_tensor<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  const auto with = [&](ScatterReduction reduction, const Tensor& indices, const Tensor& updates) {
    return values(LongTailAttrs(ScatterNDAttrs{reduction}), {src, indices, updates});
  };
  const Tensor rows = make_tensor<int64_t>({2, 1}, {1, -1});
  const Tensor updates = make_tensor<float>({2, 3}, {1, -7, 0, 2, 1, 0});
  EXPECT_THAT(with(ScatterReduction::kNone, rows, updates), ElementsAre(1, 2, 3, 2, 1, 0));
  EXPECT_THAT(with(ScatterReduction::kAdd, rows, updates), ElementsAre(1, 2, 3, 7, -1, 6));
  EXPECT_THAT(with(ScatterReduction::kMul, rows, updates), ElementsAre(1, 2, 3, 8, -35, 0));
  EXPECT_THAT(with(ScatterReduction::kMax, rows, updates), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(with(ScatterReduction::kMin, rows, updates), ElementsAre(1, 2, 3, 1, -7, 0));
  const Tensor places = make_tensor<int32_t>({1, 2, 2}, {0, 2, -1, -3});
  EXPECT_THAT(with(ScatterReduction::kNone, places, make_tensor<float>({1, 2}, {8, 9})),
              ElementsAre(1, 2, 8, 9, 5, 6));
  // One index, of no numbers: all of src.
  EXPECT_THAT(with(ScatterReduction::kAdd, Tensor(DType::kI64, {0}), src),
              ElementsAre(2, 4, 6, 8, 10, 12));
}

TEST(ScatterND, AnIndexOutOfRangeIsAnErrorWithText) {
  EXPECT_EQ(evaluate_error(LongTailAttrs(ScatterNDAttrs{}),
                           {make_tensor<float>({2, 3}, {1, 2, 3, 4, 5, 6}),
                            make_tensor<int64_t>({1, 2}, {1, 3}), floats({1})}),
            "index 3 is out of range for axis 1 with extent 3; expected -3 to 2");
}

// Two pictures with a cache of three entries of two numbers.
TEST(TensorScatter, LinearAndCircular) {
  const Tensor src = make_tensor<float>({2, 3, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  const Tensor updates = make_tensor<float>({2, 2, 2}, {-1, -2, -3, -4, -5, -6, -7, -8});
  EXPECT_THAT(values(LongTailAttrs(TensorScatterAttrs{}), {src, updates}),
              ElementsAre(-1, -2, -3, -4, 5, 6, -5, -6, -7, -8, 11, 12));
  EXPECT_THAT(values(LongTailAttrs(TensorScatterAttrs{}), {src, updates, integers({1, 0})}),
              ElementsAre(1, 2, -1, -2, -3, -4, -5, -6, -7, -8, 11, 12));
  EXPECT_THAT(values(LongTailAttrs(TensorScatterAttrs{1, true}), {src, updates, integers({5, 1})}),
              ElementsAre(-3, -4, 3, 4, -1, -2, 7, 8, -5, -6, -7, -8));
  EXPECT_EQ(evaluate_error(LongTailAttrs(TensorScatterAttrs{}), {src, updates, integers({0, 2})}),
            "write index 2 of batch 1 is out of range for 2 entries along axis 1 with extent 3; "
            "expected 0 to 1");
}

}  // namespace
}  // namespace octet::test
