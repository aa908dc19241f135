// Reference of attention against its definition in MatMul and Softmax, and its rules for masked
// keys.
#include <cmath>
#include <limits>

#include "tests/reference/evaluate.h"

namespace octet::test {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsNan;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Problem {
  Tensor q = random_floats({2, 3, 5, 4}, 1);
  Tensor k = random_floats({2, 3, 6, 4}, 2);
  Tensor v = random_floats({2, 3, 6, 7}, 3);
};

TEST(Attention, IsSoftmaxOfProductsTimesV) {
  const Problem p;
  const Tensor mask = random_floats({2, 1, 1, 6}, 4, -3, 0);
  const Tensor found = evaluate(AttentionAttrs{0.5f}, {p.q, p.k, p.v, mask});
  EXPECT_EQ(found.shape(), Shape({2, 5, 3, 7}));

  const Tensor keys = evaluate(TransposeAttrs{{0, 1, 3, 2}}, {p.k});
  Tensor scores = evaluate(MatMulAttrs{}, {p.q, keys});
  scores = evaluate(BinaryAttrs{BinaryFunction::kMul}, {scores, make_tensor<float>({}, {0.5f})});
  scores = evaluate(BinaryAttrs{BinaryFunction::kAdd}, {scores, mask});
  const Tensor heads = evaluate(MatMulAttrs{}, {evaluate(SoftmaxAttrs{3}, {scores}), p.v});
  const std::vector<double> expected = values(TransposeAttrs{{0, 2, 1, 3}}, {heads});
  const std::vector<double> found_values = to_doubles(found);
  // Here each of the five steps rounds to float: scores up to 5 in magnitude three times, which
  // moves the weights by 3 * 5 * 2^-24 relatively, then weights and products; all values of v are
  // below 1.
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(found_values[i], expected[i], 40 * 0x1p-24);
}

TEST(Attention, MaskBroadcastsFromTheRight) {
  const Problem p;
  const Tensor mask = random_floats({5, 6}, 9);
  const Tensor wide = contiguous_copy(broadcast_view(mask, {2, 3, 5, 6}));
  EXPECT_EQ(values(AttentionAttrs{}, {p.q, p.k, p.v, mask}),
            values(AttentionAttrs{}, {p.q, p.k, p.v, wide}));
}

TEST(Attention, MaskedKeysContributeExactZeros) {
  Problem p;
  const std::vector<double> expected =
      values(AttentionAttrs{}, {p.q, p.k, p.v, floats({0, 0, 0, 0, 0, -kInfinity})});
  for (int64_t head = 0; head < 6; ++head)
    for (int64_t d = 0; d < 7; ++d)
      p.v.elements<float>()[static_cast<size_t>((head * 6 + 5) * 7 + d)] = std::nanf("");
  for (float masked : {-kInfinity, -1e4f, std::numeric_limits<float>::lowest()})
    EXPECT_EQ(values(AttentionAttrs{}, {p.q, p.k, p.v, floats({0, 0, 0, 0, 0, masked})}), expected)
        << masked;
}

TEST(Attention, RowsWithoutKeys) {
  const Problem p;
  const Tensor mask =
      floats({-kInfinity, -kInfinity, -kInfinity, -kInfinity, -kInfinity, -kInfinity});
  EXPECT_THAT(values(AttentionAttrs{1, false}, {p.q, p.k, p.v, mask}), Each(IsNan()));
  EXPECT_THAT(values(AttentionAttrs{1, true}, {p.q, p.k, p.v, mask}), Each(0));
  // The lowest float masks all keys alike, as a large negative number does: the plain mean of v.
  const float lowest = std::numeric_limits<float>::lowest();
  const Tensor one_q = make_tensor<float>({1, 1, 1, 1}, {1}),
               two = make_tensor<float>({1, 1, 2, 1}, {2, 4});
  EXPECT_THAT(values(AttentionAttrs{1, true}, {one_q, two, two, floats({lowest, lowest})}),
              ElementsAre(3));
}

TEST(Attention, TakesBFloat16) {
  const Problem p;
  const Tensor q = convert_floats(p.q, DType::kBF16), k = convert_floats(p.k, DType::kBF16);
  const Tensor v = convert_floats(p.v, DType::kBF16);
  const auto as_float = [](const Tensor& tensor) {
    return evaluate(CastAttrs{DType::kF32}, {tensor});
  };
  EXPECT_EQ(values(AttentionAttrs{}, {q, k, v}),
            values(AttentionAttrs{}, {as_float(q), as_float(k), as_float(v)}));
}

}  // namespace
}  // namespace octet::test
