// TopK and NonMaxSuppression: exactly what the reference selects.
#include <limits>

#include "runtime/ops/non_max_suppression.h"
#include "runtime/ops/top_k.h"
#include "tests/cpu/kernel_checks.h"

namespace octet::test {
namespace {

void expect_top_k(const Tensor& src, int64_t k, int axis) {
  for (const bool largest : {true, false})
    expect_equal_reference("top_k/highway",
                           make_node(LongTailAttrs(TopKAttrs{k, axis, largest}), {{src}}));
}

TEST(TopK, EveryLengthAndK) {
  for (const int64_t extent : {1, 2, 63, 64, 65, 130, 700})
    for (const int64_t k : {int64_t{0}, int64_t{1}, int64_t{5}, extent / 2, extent - 1, extent})
      if (k <= extent) expect_top_k(random_floats({3, extent}, 1), k, 1);
}

TEST(TopK, EqualElementsAndIntegers) {
  expect_top_k(random_integers(DType::kI32, {4, 3000}, 1, -20, 20), 90, 1);
  expect_top_k(random_integers(DType::kI32, {2, 500}, 1, INT32_MIN, INT32_MAX), 200, 1);
  expect_top_k(make_tensor<int32_t>({5}, {INT32_MIN, INT32_MAX, 0, INT32_MIN, INT32_MAX}), 5, 0);
}

TEST(TopK, NaNsInfinitiesAndZeros) {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  expect_top_k(make_tensor<float>({9}, {0, -0.0f, kNaN, -kInfinity, kInfinity, -kNaN, 1, -0.0f, 0}),
               9, 0);
  Tensor many = random_floats({1, 400}, 1);
  for (size_t i = 0; i < 400; i += 7) many.elements<float>()[i] = kNaN;
  for (const int64_t k : {20, 57, 58, 100}) expect_top_k(many, k, 1);
}

// Each element is better than all before it.
TEST(TopK, RisingAndFallingLines) {
  Tensor rising(DType::kF32, {5000}), falling(DType::kF32, {5000});
  for (size_t i = 0; i < 5000; ++i) {
    rising.elements<float>()[i] = static_cast<float>(i);
    falling.elements<float>()[i] = -static_cast<float>(i);
  }
  for (const Tensor& src : {rising, falling}) expect_top_k(src, 100, 0);
}

TEST(TopK, AnyAxisAndManyOfThem) {
  for (const int axis : {0, 1, 2}) expect_top_k(random_floats({12, 70, 9}, 1), 4, axis);
  expect_top_k(random_floats({0, 7}, 1), 3, 1);
  // More than are collected: a sort of the line.
  expect_top_k(random_floats({2, 9000}, 1), 5000, 1);
  expect_top_k(random_integers(DType::kI32, {6000, 2}, 1, -9, 9), 6000, 0);
}

TEST(TopK, LeavesOtherTypesToOthers) {
  EXPECT_EQ(cpu_support("top_k/highway",
                        make_node(LongTailAttrs(TopKAttrs{.k = 1}), {{Tensor(DType::kI64, {3})}}))
                .reason(),
            "it is of int64");
}

struct Suppression {
  NonMaxSuppressionAttrs attrs = {};
  Shape scores = {2, 3, 90};
  int64_t most = 10;
  float overlap = 0.5f;
  float score = 0.2f;
};

NodeUnderTest suppression_node(const Suppression& problem) {
  const int64_t batches = problem.scores[0], boxes = problem.scores[2];
  // Corners near each other, and now and then the wrong way round.
  return make_node(LongTailAttrs(problem.attrs), {{random_floats({batches, boxes, 4}, 1, 0, 1)},
                                                  {random_floats(problem.scores, 2, 0, 1)},
                                                  {make_tensor<int64_t>({1}, {problem.most})},
                                                  {make_tensor<float>({}, {problem.overlap})},
                                                  {make_tensor<float>({}, {problem.score})}});
}

TEST(NonMaxSuppression, SelectsAsTheReference) {
  for (const bool center : {false, true})
    for (const float overlap : {0.0f, 0.3f, 1.0f})
      for (const int64_t most : {0, 1, 7, 90})
        expect_equal_reference(
            "non_max_suppression/highway",
            suppression_node({.attrs = {center}, .most = most, .overlap = overlap}));
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float score : {-infinity, 0.99f, infinity, std::numeric_limits<float>::quiet_NaN()})
    expect_equal_reference("non_max_suppression/highway", suppression_node({.score = score}));
}

TEST(NonMaxSuppression, RoomForFewAndManyClasses) {
  expect_equal_reference("non_max_suppression/highway", suppression_node({.attrs = {false, 4}}));
  expect_equal_reference("non_max_suppression/highway", suppression_node({.attrs = {false, 0}}));
  expect_equal_reference("non_max_suppression/highway",
                         suppression_node({.scores = {3, 40, 300}, .most = 300}));
  for (const Shape& scores : {Shape{0, 3, 5}, Shape{2, 0, 5}, Shape{2, 3, 0}})
    expect_equal_reference("non_max_suppression/highway", suppression_node({.scores = scores}));
}

TEST(NonMaxSuppression, EqualScoresAndNumbersThatAreNone) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Tensor boxes = random_floats({1, 64, 4}, 1, 0, 1), scores(DType::kF32, {1, 1, 64});
  for (size_t i = 0; i < 64; ++i)
    scores.elements<float>()[i] = i % 5 == 0 ? nan : static_cast<float>(i % 3);
  boxes.elements<float>()[9] = nan;
  expect_equal_reference("non_max_suppression/highway",
                         make_node(LongTailAttrs(NonMaxSuppressionAttrs{}),
                                   {{boxes}, {scores}, {make_tensor<int64_t>({}, {64})}}));
}

TEST(NonMaxSuppression, AnOverlapThatIsNone) {
  const auto outputs = run_kernel(find_row(cpu_kernels(), "non_max_suppression/highway"),
                                  suppression_node({.overlap = 1.5f}));
  ASSERT_FALSE(outputs.is_ok());
  EXPECT_EQ(outputs.status().message(), "iou_threshold is 1.500000, expected 0 to 1");
}

}  // namespace
}  // namespace octet::test
