// Casts from and to the small types, and what moves them. The conversions of floats themselves are
// in core/small_float_test.cc.
#include <cmath>
#include <limits>

#include "tests/reference/evaluate.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsNan;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr DType kSmallFloats[] = {DType::kF8E4M3FN,   DType::kF8E4M3FNUZ, DType::kF8E5M2,
                                  DType::kF8E5M2FNUZ, DType::kF4E2M1FN,   DType::kF6E2M3FN,
                                  DType::kF6E3M2FN};

Tensor cast(const Tensor& src, const CastAttrs& attrs) { return evaluate(attrs, {src}); }
std::vector<double> there_and_back(const Tensor& src, DType small) {
  return to_doubles(cast(cast(src, CastAttrs{small}), CastAttrs{src.dtype()}));
}

TEST(SmallTypes, FloatsOfEveryWidthComeBack) {
  const Tensor src = floats({0, 1, -1.5f, 2, 0.5f, -3});
  for (const DType small : kSmallFloats)
    for (const DType wide : {DType::kF32, DType::kF64, DType::kF16, DType::kBF16})
      EXPECT_THAT(there_and_back(convert_floats(src, wide), small),
                  ElementsAre(0, 1, -1.5, 2, 0.5, -3))
          << dtype_name(small) << " " << dtype_name(wide);
}

TEST(SmallTypes, IntegersAndBoolsBecomeSmallFloats) {
  for (const DType small : kSmallFloats) {
    EXPECT_THAT(there_and_back(integers({0, -2, 3}), small), ElementsAre(0, -2, 3));
    EXPECT_THAT(there_and_back(make_tensor<uint8_t>({2}, {1, 4}), small), ElementsAre(1, 4));
    EXPECT_THAT(there_and_back(bools({true, false}), small), ElementsAre(1, 0));
  }
  EXPECT_THAT(values(CastAttrs{DType::kF8E5M2}, {integers({int64_t{1} << 62})}),
              ElementsAre(57344));
}

TEST(SmallTypes, FromFloatToAnotherSmallFloat) {
  const Tensor src = cast(floats({448, 0.0625f, kNaN}), CastAttrs{DType::kF8E4M3FN});
  EXPECT_THAT(values(CastAttrs{DType::kF4E2M1FN}, {src}), ElementsAre(6, 0, 0));
  EXPECT_THAT(values(CastAttrs{DType::kF8E5M2}, {src}), ElementsAre(448, 0.0625, IsNan()));
}

TEST(SmallTypes, TheCastSaysWhatIsTooLarge) {
  const Tensor src = floats({1e6f, -kInfinity});
  EXPECT_THAT(values(CastAttrs{DType::kF8E5M2}, {src}), ElementsAre(57344, -57344));
  EXPECT_THAT(values(CastAttrs{DType::kF8E5M2, false}, {src}), ElementsAre(kInfinity, -kInfinity));
  EXPECT_THAT(values(CastAttrs{DType::kF8E4M3FN, false}, {src}), ElementsAre(IsNan(), IsNan()));
}

TEST(SmallTypes, TheCastSaysHowPowersRound) {
  const Tensor src = floats({1.25f, 1.5f, 4, 0});
  const auto rounded = [&](PowerRounding rounding) {
    return values(CastAttrs{DType::kF8E8M0FNU, true, rounding}, {src});
  };
  EXPECT_THAT(rounded(PowerRounding::kUp), ElementsAre(2, 2, 4, 0x1p-127));
  EXPECT_THAT(rounded(PowerRounding::kDown), ElementsAre(1, 1, 4, 0x1p-127));
  EXPECT_THAT(rounded(PowerRounding::kNearest), ElementsAre(1, 2, 4, 0x1p-127));
}

TEST(SmallTypes, SmallFloatsBecomeIntegersAndBools) {
  const Tensor src = cast(floats({2.5f, -1.5f, 0, kNaN}), CastAttrs{DType::kF8E4M3FN});
  EXPECT_THAT(values(CastAttrs{DType::kI32}, {src}), ElementsAre(2, -1, 0, 0));
  EXPECT_THAT(values(CastAttrs{DType::kU8}, {src}), ElementsAre(2, 0, 0, 0));
  EXPECT_THAT(values(CastAttrs{DType::kBool}, {src}), ElementsAre(1, 1, 0, 1));
}

// "When out of range, discard higher bits and reinterpret": of integers ONNX asks for it, of floats
// its own examples have it.
TEST(SmallTypes, SmallIntegersKeepTheLowestBits) {
  for (const Tensor& src : {integers({-9, -8, 7, 8, 15, 16}), floats({-9, -8, 7, 8, 15.9f, 16})}) {
    EXPECT_THAT(values(CastAttrs{DType::kI4}, {src}), ElementsAre(7, -8, 7, -8, -1, 0));
    EXPECT_THAT(values(CastAttrs{DType::kU4}, {src}), ElementsAre(7, 8, 7, 8, 15, 0));
    EXPECT_THAT(values(CastAttrs{DType::kI2}, {src}), ElementsAre(-1, 0, -1, 0, -1, 0));
    EXPECT_THAT(values(CastAttrs{DType::kU2}, {src}), ElementsAre(3, 0, 3, 0, 3, 0));
  }
  EXPECT_THAT(values(CastAttrs{DType::kI4}, {floats({kNaN, 1e30f, -1e30f})}),
              ElementsAre(0, -1, 0));
}

TEST(SmallTypes, SmallIntegersBecomeEverything) {
  const Tensor src = cast(integers({-8, 7}), CastAttrs{DType::kI4});
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kF64, DType::kI8, DType::kI64,
                            DType::kF8E4M3FN, DType::kF8E5M2})
    EXPECT_THAT(values(CastAttrs{dtype}, {src})[0], -8) << dtype_name(dtype);
  EXPECT_THAT(values(CastAttrs{DType::kU4}, {src}), ElementsAre(8, 7));
  EXPECT_THAT(values(CastAttrs{DType::kBool}, {src}), ElementsAre(1, 1));
}

TEST(SmallTypes, AreMovedAsBytes) {
  const Tensor src = cast(make_tensor<float>({2, 2}, {1, 2, 3, -4}), CastAttrs{DType::kI4});
  EXPECT_THAT(values(TransposeAttrs{{1, 0}}, {src}), ElementsAre(1, 3, 2, -4));
  EXPECT_THAT(values(ConcatAttrs{0}, {src, src}), ElementsAre(1, 2, 3, -4, 1, 2, 3, -4));
  EXPECT_THAT(values(GatherAttrs{0}, {src, integers({1})}), ElementsAre(3, -4));
  EXPECT_THAT(
      values(WhereAttrs{}, {bools({true, false}), src, evaluate(TransposeAttrs{{1, 0}}, {src})}),
      ElementsAre(1, 3, 3, -4));
}

}  // namespace
}  // namespace octet::test
