// DFT against the sum that defines it, for lengths of every kind.
#include "runtime/ops/dft.h"

#include <complex>
#include <numbers>

#include "tests/reference/evaluate.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using Complex = std::complex<double>;

// Element i of a tensor of doubles [length, parts].
Complex at(const std::vector<double>& values, int64_t parts, int64_t i) {
  const auto place = static_cast<size_t>(i * parts);
  return {values[place], parts == 2 ? values[place + 1] : 0};
}

Tensor random_doubles(const Shape& shape, uint64_t seed) {
  const Tensor floats = random_floats(shape, seed);
  Tensor doubles(DType::kF64, shape);
  for (size_t i = 0; i < doubles.elements<double>().size(); ++i)
    doubles.elements<double>()[i] = double{floats.elements<float>()[i]};
  return doubles;
}

// Sum over n of src[n] exp(direction * 2 pi i k n / length), the angle from exact integers.
Complex sum(const std::vector<double>& src, int64_t parts, int64_t length, int64_t k,
            int direction) {
  Complex total = 0;
  for (int64_t n = 0; n < length; ++n)
    total += at(src, parts, n) *
             std::polar(1.0, direction * 2 * std::numbers::pi *
                                 static_cast<double>(k * n % length) / static_cast<double>(length));
  return total;
}

// Each of `length` terms is at most sqrt 2; a transform rounds some log2(length) times, the sum
// here once for each term.
double bound(int64_t length) { return 4e-16 * static_cast<double>(length * (length + 16)); }

constexpr int64_t kLengths[] = {1, 2, 3, 4, 5, 6, 8, 12, 30, 49, 127, 128, 131, 254, 262, 521};

TEST(Dft, IsTheSumThatDefinesIt) {
  for (const int64_t length : kLengths)
    for (const int64_t parts : {1, 2}) {
      const Tensor src = random_doubles({length, parts}, static_cast<uint64_t>(length));
      const std::vector<double> x = to_doubles(src);
      const std::vector<double> forward = values(LongTailAttrs(DftAttrs()), {src});
      const std::vector<double> half = values(LongTailAttrs(DftAttrs{.onesided = true}), {src});
      const std::vector<double> inverse = values(LongTailAttrs(DftAttrs{.inverse = true}), {src});
      ASSERT_EQ(half.size(), static_cast<size_t>(2 * (length / 2 + 1)));
      for (int64_t k = 0; k < length; ++k) {
        const Complex expected = sum(x, parts, length, k, -1);
        EXPECT_LE(std::abs(at(forward, 2, k) - expected), bound(length)) << length << ", " << k;
        if (k <= length / 2) {
          EXPECT_EQ(at(half, 2, k), at(forward, 2, k)) << length << ", " << k;
        }
        const Complex back = sum(x, parts, length, k, 1) / static_cast<double>(length);
        EXPECT_LE(std::abs(at(inverse, 2, k) - back), bound(length)) << length << ", " << k;
      }
    }
}

TEST(Dft, OfHalfASpectrumGivesTheRealSignal) {
  for (const int64_t length : kLengths) {
    const Tensor src = random_doubles({length, 1}, static_cast<uint64_t>(length));
    const Tensor half = evaluate(LongTailAttrs(DftAttrs{.onesided = true}), {src});
    const std::vector<double> x = to_doubles(src);
    const std::vector<double> found = values(
        LongTailAttrs(DftAttrs{.inverse = true, .onesided = true, .length = length}), {half});
    ASSERT_EQ(found.size(), x.size());
    for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(found[i], x[i], bound(length)) << length;
  }
}

TEST(Dft, WhatIsNotOnTheSymmetryIsIgnored) {
  const DftAttrs inverse{.inverse = true, .onesided = true, .length = 2};
  EXPECT_THAT(values(LongTailAttrs(inverse), {make_tensor<float>({2, 2}, {3, 5, 1, 7})}),
              ElementsAre(2, 1));
}

TEST(Dft, AlongAnyAxisOfEveryFloatType) {
  // Of 1, 0, 0, .. all elements are 1; two such lines side by side.
  const Tensor src = make_tensor<float>({1, 3, 2, 1}, {1, 2, 0, 0, 0, 0});
  for (const DType dtype : {DType::kF32, DType::kF64, DType::kF16, DType::kBF16}) {
    const Tensor converted = dtype == DType::kF32 ? src : evaluate(CastAttrs{dtype}, {src});
    EXPECT_THAT(values(LongTailAttrs(DftAttrs{.axis = 1}), {converted}),
                ElementsAre(1, 0, 2, 0, 1, 0, 2, 0, 1, 0, 2, 0));
    EXPECT_THAT(values(LongTailAttrs(DftAttrs{.axis = 2}), {converted}),
                ElementsAre(3, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  }
}

TEST(Dft, OfNothing) {
  EXPECT_THAT(values(LongTailAttrs(DftAttrs{.axis = 1}), {Tensor(DType::kF32, {2, 0, 1})}),
              ElementsAre());
  EXPECT_THAT(values(LongTailAttrs(DftAttrs{.axis = 1}), {Tensor(DType::kF32, {0, 4, 1})}),
              ElementsAre());
  const auto half = evaluate_reference(LongTailAttrs(DftAttrs{.axis = 1, .onesided = true}),
                                       std::vector<Tensor>{Tensor(DType::kF32, {2, 0, 1})});
  EXPECT_FALSE(half.is_ok());
}

}  // namespace
}  // namespace octet::test
