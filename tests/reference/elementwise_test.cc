// Reference of unary, binary, Where, Clip and Cast against values worked out by hand.
#include <cmath>
#include <limits>

#include "tests/reference/evaluate.h"

namespace octet::test {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::IsNan;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();
constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();

std::vector<double> unary(UnaryFunction function, const Tensor& src) {
  return values(UnaryAttrs{function}, {src});
}
std::vector<double> binary(BinaryFunction function, const Tensor& lhs, const Tensor& rhs) {
  return values(BinaryAttrs{function}, {lhs, rhs});
}

TEST(Unary, RoundsHalfToEven) {
  EXPECT_THAT(unary(UnaryFunction::kRound, floats({0.5f, 1.5f, 2.5f, -0.5f, -1.5f})),
              ElementsAre(0, 2, 2, 0, -2));
}

TEST(Unary, NaNStaysAndIsFound) {
  EXPECT_THAT(unary(UnaryFunction::kRelu, floats({kNaN, -1, 2})), ElementsAre(IsNan(), 0, 2));
  EXPECT_THAT(unary(UnaryFunction::kSign, floats({kNaN, -3, 0, 2})),
              ElementsAre(IsNan(), -1, 0, 1));
  EXPECT_THAT(unary(UnaryFunction::kIsNaN, floats({kNaN, kInfinity, 0})), ElementsAre(1, 0, 0));
  EXPECT_THAT(unary(UnaryFunction::kIsInf, floats({kNaN, -kInfinity, 0})), ElementsAre(0, 1, 0));
  EXPECT_EQ(evaluate(UnaryAttrs{UnaryFunction::kIsNaN}, {floats({1})}).dtype(), DType::kBool);
}

// The function of the C library in double, rounded once.
TEST(Unary, FloatFunctionsRoundOnce) {
  const float x = 0.7f;
  const std::pair<UnaryFunction, double (*)(double)> functions[] = {
      {UnaryFunction::kAbs, std::fabs},  {UnaryFunction::kCeil, std::ceil},
      {UnaryFunction::kCos, std::cos},   {UnaryFunction::kErf, std::erf},
      {UnaryFunction::kExp, std::exp},   {UnaryFunction::kFloor, std::floor},
      {UnaryFunction::kLog, std::log},   {UnaryFunction::kSin, std::sin},
      {UnaryFunction::kSqrt, std::sqrt}, {UnaryFunction::kTanh, std::tanh}};
  for (const auto& [function, exact] : functions)
    EXPECT_EQ(unary(function, floats({x}))[0],
              static_cast<double>(static_cast<float>(exact(static_cast<double>(x)))))
        << unary_name(function);
  EXPECT_EQ(unary(UnaryFunction::kReciprocal, floats({4}))[0], 0.25);
  EXPECT_EQ(unary(UnaryFunction::kNeg, floats({4}))[0], -4);
  EXPECT_THAT(unary(UnaryFunction::kSoftsign, floats({-3, 0, 1})), ElementsAre(-0.75, 0, 0.5));
}

TEST(Unary, IntegersAndBools) {
  EXPECT_THAT(unary(UnaryFunction::kAbs, make_tensor<int8_t>({2}, {-128, -5})),
              ElementsAre(-128, 5));
  EXPECT_THAT(unary(UnaryFunction::kNeg, make_tensor<uint8_t>({1}, {1})), ElementsAre(255));
  const Tensor wide = make_tensor<uint64_t>({1}, {0x8000000000000001u});
  EXPECT_EQ(evaluate(UnaryAttrs{UnaryFunction::kAbs}, {wide}).elements<uint64_t>()[0],
            0x8000000000000001u);
  EXPECT_THAT(unary(UnaryFunction::kSign, wide), ElementsAre(1));
  EXPECT_THAT(unary(UnaryFunction::kNot, bools({true, false})), ElementsAre(0, 1));
}

TEST(Unary, SixteenBitFloatsGoThroughFloat) {
  const Tensor src = convert_floats(floats({2}), DType::kBF16);
  EXPECT_EQ(evaluate(UnaryAttrs{UnaryFunction::kSqrt}, {src}).elements<BFloat16>()[0].bits,
            to_bfloat16(std::sqrt(2.0f)).bits);
}

TEST(Binary, BroadcastsBothSides) {
  const Tensor column = make_tensor<float>({2, 1}, {10, 20}),
               row = make_tensor<float>({1, 3}, {1, 2, 3});
  const Tensor sum = evaluate(BinaryAttrs{BinaryFunction::kAdd}, {column, row});
  EXPECT_EQ(sum.shape(), Shape({2, 3}));
  EXPECT_THAT(to_doubles(sum), ElementsAre(11, 12, 13, 21, 22, 23));
  EXPECT_THAT(binary(BinaryFunction::kSub, row, make_tensor<float>({}, {1})), ElementsAre(0, 1, 2));
}

TEST(Binary, IntegerDivisionNeverTraps) {
  const Tensor lhs = integers({7, -7, 5, kLowest, kLowest}), rhs = integers({2, 2, 0, -1, 0});
  const Tensor quotient = evaluate(BinaryAttrs{BinaryFunction::kDiv}, {lhs, rhs});
  EXPECT_THAT(quotient.elements<int64_t>(), ElementsAre(3, -3, 0, kLowest, 0));
  const Tensor rest =
      evaluate(BinaryAttrs{BinaryFunction::kMod}, {integers({7, -7, 7, -7, 5, kLowest}),  //
                                                   integers({3, 3, -3, -3, 0, -1})});
  EXPECT_THAT(rest.elements<int64_t>(), ElementsAre(1, 2, -2, -1, 0, 0));
  EXPECT_THAT(binary(BinaryFunction::kDiv, make_tensor<int8_t>({1}, {-128}),
                     make_tensor<int8_t>({1}, {-1})),
              ElementsAre(-128));
}

TEST(Binary, IntegersWrap) {
  EXPECT_THAT(evaluate(BinaryAttrs{BinaryFunction::kAdd}, {integers({kHighest}), integers({1})})
                  .elements<int64_t>(),
              ElementsAre(kLowest));
  EXPECT_THAT(binary(BinaryFunction::kMul, make_tensor<uint8_t>({1}, {20}),
                     make_tensor<uint8_t>({1}, {20})),
              ElementsAre(400 - 256));
}

TEST(Binary, WideUnsignedIntegersAreNotNegative) {
  const Tensor large = make_tensor<uint64_t>({1}, {0xFFFFFFFFFFFFFFFEu}),
               small = make_tensor<uint64_t>({1}, {4});
  EXPECT_THAT(binary(BinaryFunction::kGreater, large, small), ElementsAre(1));
  EXPECT_THAT(binary(BinaryFunction::kMin, large, small), ElementsAre(4));
  EXPECT_THAT(evaluate(BinaryAttrs{BinaryFunction::kDiv}, {large, small}).elements<uint64_t>(),
              ElementsAre(0x3FFFFFFFFFFFFFFFu));
}

TEST(Binary, PowersOfIntegers) {
  EXPECT_THAT(binary(BinaryFunction::kPow, integers({2, -3, 5, 2, 1, -1, -1, 0}),
                     integers({10, 3, 0, -1, -5, -3, -2, -1})),
              ElementsAre(1024, -27, 1, 0, 1, -1, 1, 0));
  // Found by fuzz_model_bytes: one more than the greatest base is no int64.
  EXPECT_THAT(binary(BinaryFunction::kPow, integers({INT64_MAX, INT64_MIN}), integers({-1, -2})),
              ElementsAre(0, 0));
  EXPECT_THAT(binary(BinaryFunction::kPow, floats({2, 9}), floats({-1, 0.5f})),
              ElementsAre(0.5, 3));
}

TEST(Binary, NaNWinsInMaxAndMin) {
  const Tensor lhs = floats({kNaN, 1, 2}), rhs = floats({1, kNaN, 3});
  EXPECT_THAT(binary(BinaryFunction::kMax, lhs, rhs), ElementsAre(IsNan(), IsNan(), 3));
  EXPECT_THAT(binary(BinaryFunction::kMin, lhs, rhs), ElementsAre(IsNan(), IsNan(), 2));
}

TEST(Binary, FloatModHasTheSignOfTheDivisor) {
  EXPECT_THAT(binary(BinaryFunction::kMod, floats({5.5f, -5.5f, 5.5f, -6}), floats({2, 2, -2, 2})),
              ElementsAre(1.5, 0.5, -0.5, DoubleEq(0)));
}

TEST(Binary, ComparisonsAndLogic) {
  const Tensor lhs = floats({1, 2, kNaN}), rhs = floats({2, 2, kNaN});
  EXPECT_THAT(binary(BinaryFunction::kEqual, lhs, rhs), ElementsAre(0, 1, 0));
  EXPECT_THAT(binary(BinaryFunction::kLess, lhs, rhs), ElementsAre(1, 0, 0));
  EXPECT_THAT(binary(BinaryFunction::kLessOrEqual, lhs, rhs), ElementsAre(1, 1, 0));
  EXPECT_THAT(binary(BinaryFunction::kGreater, lhs, rhs), ElementsAre(0, 0, 0));
  EXPECT_THAT(binary(BinaryFunction::kGreaterOrEqual, lhs, rhs), ElementsAre(0, 1, 0));
  const Tensor p = bools({true, true, false, false}), q = bools({true, false, true, false});
  EXPECT_THAT(binary(BinaryFunction::kAnd, p, q), ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(binary(BinaryFunction::kOr, p, q), ElementsAre(1, 1, 1, 0));
  EXPECT_THAT(binary(BinaryFunction::kXor, p, q), ElementsAre(0, 1, 1, 0));
  EXPECT_THAT(binary(BinaryFunction::kEqual, p, q), ElementsAre(1, 0, 0, 1));
}

TEST(Where, ChoosesPerElementWithBroadcasting) {
  const Tensor condition = make_tensor<bool>({2, 1}, {true, false});
  EXPECT_THAT(values(WhereAttrs{}, {condition, integers({1, 2}), make_tensor<int64_t>({}, {9})}),
              ElementsAre(1, 2, 9, 9));
}

TEST(Clip, BoundsAreOptional) {
  const Tensor src = floats({-2, 0.5f, 3, kNaN}), low = make_tensor<float>({}, {-1}),
               high = make_tensor<float>({}, {1});
  EXPECT_THAT(values(ClipAttrs{}, {src}), ElementsAre(-2, 0.5, 3, IsNan()));
  EXPECT_THAT(values(ClipAttrs{}, {src, low}), ElementsAre(-1, 0.5, 3, IsNan()));
  EXPECT_THAT(values(ClipAttrs{}, {src, Tensor(), high}), ElementsAre(-2, 0.5, 1, IsNan()));
  EXPECT_THAT(values(ClipAttrs{}, {src, high, low}),
              ElementsAre(-1, -1, -1, IsNan()));  // min(max(x, low), high)
  const Tensor wide = make_tensor<uint64_t>({1}, {0xFFFFFFFFFFFFFFFFu});
  EXPECT_THAT(values(ClipAttrs{}, {wide, make_tensor<uint64_t>({}, {5})}), ElementsAre(0x1p64));
}

TEST(Cast, FloatToIntegerTruncatesAndSaturates) {
  const Tensor src = floats({1.9f, -1.9f, 300, -300, kNaN, kInfinity, -kInfinity});
  EXPECT_THAT(values(CastAttrs{DType::kI8}, {src}), ElementsAre(1, -1, 127, -128, 0, 127, -128));
  EXPECT_THAT(values(CastAttrs{DType::kU8}, {src}), ElementsAre(1, 0, 255, 0, 0, 255, 0));
  const Tensor edges = floats({9.3e18f, -9.3e18f, 0x1p62f});
  EXPECT_THAT(evaluate(CastAttrs{DType::kI64}, {edges}).elements<int64_t>(),
              ElementsAre(kHighest, kLowest, int64_t{1} << 62));
}

TEST(Cast, IntegersWrapAndBoolIsNotZero) {
  EXPECT_THAT(values(CastAttrs{DType::kI8}, {integers({300, -129})}), ElementsAre(44, 127));
  EXPECT_THAT(values(CastAttrs{DType::kBool}, {integers({256, 0})}), ElementsAre(1, 0));
  EXPECT_THAT(values(CastAttrs{DType::kBool}, {floats({0.1f, 0, -0.0f, kNaN})}),
              ElementsAre(1, 0, 0, 1));
  EXPECT_THAT(values(CastAttrs{DType::kF32}, {bools({true, false})}), ElementsAre(1, 0));
}

TEST(Cast, LargeIntegersRoundOnce) {
  // 2^60 + 2^36 + 1 lies just above the middle of two floats; by way of double it would be the
  // middle and round down.
  const int64_t value = (int64_t{1} << 60) + (int64_t{1} << 36) + 1;
  EXPECT_THAT(values(CastAttrs{DType::kF32}, {integers({value})}), ElementsAre(0x1p60 + 0x1p37));
}

TEST(Cast, BetweenFloats) {
  const Tensor src = floats({1.00390625f, 65520, 3e38f});  // 1 + 2^-8: the middle of two bfloat16
  EXPECT_THAT(values(CastAttrs{DType::kBF16}, {src})[0], 1);
  EXPECT_THAT(values(CastAttrs{DType::kF16}, {src}), ElementsAre(1.00390625, HUGE_VAL, HUGE_VAL));
  EXPECT_THAT(values(CastAttrs{DType::kF64}, {src})[0], 1.00390625);
}

// By way of float these would be the middle of two halves and go to the even one.
TEST(Cast, DoublesRoundOnce) {
  const Tensor src = make_tensor<double>(
      {5}, {1 + 0x1p-11 + 0x1p-40, 1 + 3 * 0x1p-11 - 0x1p-40, 1 + 0x1p-11, 1e300, 0.1});
  EXPECT_THAT(values(CastAttrs{DType::kF16}, {src}),
              ElementsAre(1 + 0x1p-10, 1 + 0x1p-10, 1, HUGE_VAL, 0.0999755859375));
  EXPECT_THAT(values(CastAttrs{DType::kBF16}, {make_tensor<double>({1}, {1 + 0x1p-8 + 0x1p-40})}),
              ElementsAre(1 + 0x1p-7));
}

}  // namespace
}  // namespace octet::test
