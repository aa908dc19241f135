// Reference of the ops that move elements or make them from attributes, and of those that pick by
// index.
#include "tests/reference/evaluate.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// 0, 1, 2, ... in `shape`.
Tensor counting(const Shape& shape) {
  Tensor tensor(DType::kI64, shape);
  int64_t value = 0;
  for (int64_t& element : tensor.elements<int64_t>()) element = value++;
  return tensor;
}

TEST(Movement, ReshapeKeepsTheRowMajorOrder) {
  const Tensor dst = evaluate(ReshapeAttrs{{3, 2}}, {strided_copy(counting({2, 3}))});
  EXPECT_EQ(dst.shape(), Shape({3, 2}));
  EXPECT_THAT(dst.elements<int64_t>(), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_EQ(evaluate(ReshapeAttrs{{0, 5}}, {Tensor(DType::kF32, {5, 0})}).shape(), Shape({0, 5}));
}

TEST(Movement, TransposePermutesTheAxes) {
  const Tensor dst = evaluate(TransposeAttrs{{2, 0, 1}}, {counting({2, 1, 3})});
  EXPECT_EQ(dst.shape(), Shape({3, 2, 1}));
  EXPECT_THAT(dst.elements<int64_t>(), ElementsAre(0, 3, 1, 4, 2, 5));
}

TEST(Movement, SliceStepsBothWays) {
  SliceAttrs attrs{{1, 3}, {1, 2}, {1, -2}};
  EXPECT_THAT(values(attrs, {counting({2, 4})}), ElementsAre(7, 5));
  attrs = {{2, 0}, {0, 4}, {1, 1}};
  EXPECT_EQ(evaluate(attrs, {counting({2, 4})}).shape(), Shape({0, 4}));
}

TEST(Movement, SliceThatDependsOnAShapeIsLeftToTheBinding) {
  const SliceAttrs attrs{{Dim::symbol("seq") - Dim(1)}, {1}, {1}};
  const auto result = evaluate_reference(attrs, std::vector<Tensor>{counting({4})});
  EXPECT_EQ(result.status().code(), StatusCode::kUnsupported);
  EXPECT_THAT(result.status().message(), HasSubstr("seq"));
}

TEST(Movement, ExpandRepeats) {
  EXPECT_THAT(values(ExpandAttrs{{2, 2, 2}}, {counting({2, 1})}),
              ElementsAre(0, 0, 1, 1, 0, 0, 1, 1));
}

TEST(Movement, ConcatJoinsAnyNumber) {
  const Tensor dst =
      evaluate(ConcatAttrs{1}, {counting({2, 1}), counting({2, 2}), counting({2, 0})});
  EXPECT_EQ(dst.shape(), Shape({2, 3}));
  EXPECT_THAT(dst.elements<int64_t>(), ElementsAre(0, 0, 1, 1, 2, 3));
}

TEST(Fill, ShapeValuesAndRange) {
  EXPECT_THAT(values(ShapeValuesAttrs{DType::kI32, false, {3, -1}}, {}), ElementsAre(3, -1));
  EXPECT_EQ(evaluate(ShapeValuesAttrs{DType::kI64, true, {7}}, {}).shape(), Shape{});
  EXPECT_THAT(values(RangeAttrs{DType::kI64, 5, -2, 3}, {}), ElementsAre(5, 3, 1));
}

TEST(Gather, ReplacesTheAxisByTheIndices) {
  const Tensor indices = make_tensor<int32_t>({1, 2}, {2, -3});
  const Tensor dst = evaluate(GatherAttrs{1}, {counting({2, 3, 2}), indices});
  EXPECT_EQ(dst.shape(), Shape({2, 1, 2, 2}));
  EXPECT_THAT(dst.elements<int64_t>(), ElementsAre(4, 5, 0, 1, 10, 11, 6, 7));
  EXPECT_THAT(values(GatherAttrs{0}, {counting({3}), make_tensor<int64_t>({}, {-1})}),
              ElementsAre(2));
}

TEST(Gather, ElementsPicksAlongOneAxis) {
  const Tensor indices = make_tensor<int64_t>({2, 2}, {1, -1, 0, 2});
  EXPECT_THAT(values(GatherElementsAttrs{1}, {counting({2, 3}), indices}), ElementsAre(1, 2, 3, 5));
  EXPECT_THAT(
      values(GatherElementsAttrs{0}, {counting({3, 2}), make_tensor<int64_t>({1, 2}, {2, 1})}),
      ElementsAre(4, 3));
}

TEST(Gather, NDTakesTuplesOfIndices) {
  const Tensor src = counting({2, 2, 2});
  EXPECT_THAT(values(GatherNDAttrs{0}, {src, make_tensor<int64_t>({2, 2}, {0, 1, -1, 0})}),
              ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(values(GatherNDAttrs{1}, {src, make_tensor<int64_t>({2, 1}, {1, 0})}),
              ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(values(GatherNDAttrs{0}, {src, make_tensor<int64_t>({1, 3}, {1, 1, 1})}),
              ElementsAre(7));
}

TEST(Gather, AnIndexOutOfRangeIsNamed) {
  const auto message = [](const Attributes& attributes, const Tensor& indices) {
    const auto result =
        evaluate_reference(attributes, std::vector<Tensor>{counting({2, 3}), indices});
    EXPECT_EQ(result.status().code(), StatusCode::kInvalidArgument);
    return result.status().message();
  };
  EXPECT_EQ(message(GatherAttrs{1}, integers({3})),
            "index 3 is out of range for axis 1 with extent 3; expected -3 to 2");
  EXPECT_THAT(message(GatherElementsAttrs{0}, make_tensor<int64_t>({1, 1}, {-3})),
              HasSubstr("index -3"));
  EXPECT_THAT(message(GatherNDAttrs{0}, make_tensor<int64_t>({1, 2}, {1, INT64_MAX})),
              HasSubstr("axis 1"));
}

}  // namespace
}  // namespace octet::test
