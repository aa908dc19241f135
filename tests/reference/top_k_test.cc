// TopK against what its definition says.
#include "runtime/ops/top_k.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "tests/reference/evaluate.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

struct Found {
  std::vector<double> values, indices;
};

Found top_k(const TopKAttrs& attrs, const Tensor& src) {
  const std::vector<Tensor> outputs = evaluate_all(LongTailAttrs(attrs), {src});
  return {to_doubles(outputs[0]), to_doubles(outputs[1])};
}

TEST(TopK, LargestAndSmallestInOrder) {
  const Tensor src = make_tensor<float>({6}, {3, -1, 7, 0, 5, 2});
  const Found largest = top_k({.k = 3}, src);
  EXPECT_THAT(largest.values, ElementsAre(7, 5, 3));
  EXPECT_THAT(largest.indices, ElementsAre(2, 4, 0));
  const Found smallest = top_k({.k = 4, .largest = false}, src);
  EXPECT_THAT(smallest.values, ElementsAre(-1, 0, 2, 3));
  EXPECT_THAT(smallest.indices, ElementsAre(1, 3, 5, 0));
  EXPECT_THAT(top_k({.k = 6}, src).indices, ElementsAre(2, 4, 0, 5, 3, 1));
  EXPECT_THAT(top_k({.k = 3, .sorted = false}, src).indices, ElementsAre(2, 4, 0));
}

TEST(TopK, OfEqualOnesTheLowerIndexComesFirst) {
  const Tensor src = make_tensor<int64_t>({7}, {2, 5, 2, 5, 5, 1, 1});
  EXPECT_THAT(top_k({.k = 2}, src).indices, ElementsAre(1, 3));
  EXPECT_THAT(top_k({.k = 5}, src).indices, ElementsAre(1, 3, 4, 0, 2));
  EXPECT_THAT(top_k({.k = 3, .largest = false}, src).indices, ElementsAre(5, 6, 0));
}

TEST(TopK, ANaNIsLargerThanAnyNumber) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const Tensor src = make_tensor<float>({5}, {1, kNaN, kInfinity, kNaN, -kInfinity});
  EXPECT_THAT(top_k({.k = 3}, src).indices, ElementsAre(1, 3, 2));
  EXPECT_THAT(top_k({.k = 5, .largest = false}, src).indices, ElementsAre(4, 0, 2, 1, 3));
}

TEST(TopK, AlongAnyAxis) {
  const Tensor src = make_tensor<int32_t>({2, 3, 2}, {1, 2, 3, 4, 5, 6, 12, 11, 10, 9, 8, 7});
  const Found middle = top_k({.k = 2, .axis = 1}, src);
  EXPECT_THAT(middle.values, ElementsAre(5, 6, 3, 4, 12, 11, 10, 9));
  EXPECT_THAT(middle.indices, ElementsAre(2, 2, 1, 1, 0, 0, 1, 1));
  EXPECT_THAT(top_k({.k = 1, .axis = 0}, src).values, ElementsAre(12, 11, 10, 9, 8, 7));
}

TEST(TopK, OfEveryWidth) {
  const Tensor wide = make_tensor<uint64_t>({2}, {0x7FFFFFFFFFFFFFFFu, 0x8000000000000001u});
  EXPECT_THAT(top_k({.k = 1}, wide).indices, ElementsAre(1));
  const Tensor close = make_tensor<int64_t>({2}, {0x7FFFFFFFFFFFFFFE, 0x7FFFFFFFFFFFFFFF});
  EXPECT_THAT(top_k({.k = 1}, close).indices, ElementsAre(1));
  EXPECT_THAT(top_k({.k = 1}, make_tensor<uint8_t>({3}, {1, 255, 128})).indices, ElementsAre(1));
  const Tensor halves = convert_floats(make_tensor<float>({3}, {-2, 0.5f, -0.5f}), DType::kF16);
  EXPECT_THAT(top_k({.k = 2}, halves).values, ElementsAre(0.5, -0.5));
}

TEST(TopK, OfNothingAndNone) {
  EXPECT_THAT(top_k({.k = 0}, make_tensor<float>({3}, {1, 2, 3})).values, ElementsAre());
  EXPECT_THAT(top_k({.k = 0, .axis = 1}, Tensor(DType::kF32, {2, 0})).values, ElementsAre());
  EXPECT_THAT(top_k({.k = 2, .axis = 1}, Tensor(DType::kF32, {0, 3})).values, ElementsAre());
}

// Heaps of every size against a sort.
TEST(TopK, IsTheBeginningOfASort) {
  const Tensor src = random_integers(DType::kI32, {100}, 1, -20, 20);
  const std::vector<double> numbers = to_doubles(src);
  std::vector<double> order(100);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](double i, double j) {
    return numbers[static_cast<size_t>(i)] > numbers[static_cast<size_t>(j)];
  });
  for (int64_t k = 1; k <= 100; ++k) {
    order.resize(100);
    const Found found = top_k({.k = k}, src);
    ASSERT_EQ(found.indices, std::vector<double>(order.begin(), order.begin() + k)) << k;
  }
}

}  // namespace
}  // namespace octet::test
