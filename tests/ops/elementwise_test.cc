// Type rules of unary, binary, Where, Clip and Cast.
#include "tests/ops/types.h"

namespace octet::test {
namespace {

using ::testing::HasSubstr;

const BinaryAttrs kAdd{BinaryFunction::kAdd};
const BinaryAttrs kMul{BinaryFunction::kMul};
const BinaryAttrs kEqual{BinaryFunction::kEqual};

TEST(Unary, KeepsShapeAndType) {
  EXPECT_EQ(inferred_text(UnaryAttrs{UnaryFunction::kGelu}, {f32({batch, seq, 4})}),
            "float32[batch, seq, 4]");
  EXPECT_EQ(inferred_text(UnaryAttrs{UnaryFunction::kIsNaN}, {f32({batch})}), "bool[batch]");
  EXPECT_EQ(inferred_text(UnaryAttrs{UnaryFunction::kNot}, {type(DType::kBool, {batch})}),
            "bool[batch]");
  EXPECT_EQ(inferred_text(UnaryAttrs{UnaryFunction::kNeg}, {i64({batch})}), "int64[batch]");
}

TEST(Unary, RefusesOtherTypes) {
  EXPECT_EQ(error_text(UnaryAttrs{UnaryFunction::kTanh}, {i64({3})}),
            "input 0 is int64[3], expected float32, float64, float16 or bfloat16");
  EXPECT_EQ(error_text(UnaryAttrs{UnaryFunction::kNot}, {f32({3})}),
            "input 0 is float32[3], expected bool");
  EXPECT_EQ(error_text(UnaryAttrs{UnaryFunction::kTanh}, {f32({3}), f32({3})}),
            "has 2 inputs, expected 1");
  EXPECT_EQ(error_text(UnaryAttrs{UnaryFunction::kTanh}, {absent()}),
            "input 0 is absent, but required");
}

TEST(Unary, ContentsOfNegAbsNot) {
  EXPECT_EQ(contents_text(UnaryAttrs{UnaryFunction::kNeg}, {known({seq, 3})}), "[-1*seq, -3]");
  EXPECT_EQ(contents_text(UnaryAttrs{UnaryFunction::kAbs}, {known({seq, -3})}), "[seq, 3]");
  EXPECT_EQ(contents_text(UnaryAttrs{UnaryFunction::kAbs}, {known({seq - Dim(3)})}),
            "[3 + 2*positive(-3 + seq) + -1*seq]");
  EXPECT_EQ(contents_text(UnaryAttrs{UnaryFunction::kNot}, {known({0, 1}, DType::kBool)}),
            "[1, 0]");
}

TEST(Unary, IsRowLocalFromRankTwo) {
  EXPECT_EQ(access_text(UnaryAttrs{UnaryFunction::kRelu}, {f32({batch, 4})}), "rows");
  EXPECT_EQ(access_text(UnaryAttrs{UnaryFunction::kRelu}, {f32({batch})}), "none");
}

TEST(Binary, BroadcastsRightAligned) {
  EXPECT_EQ(inferred_text(kAdd, {f32({batch, seq, 4}), f32({4})}), "float32[batch, seq, 4]");
  EXPECT_EQ(inferred_text(kAdd, {f32({batch, 1, 4}), f32({seq, 1})}), "float32[batch, seq, 4]");
  EXPECT_EQ(inferred_text(kAdd, {f32({}), f32({batch, 0})}), "float32[batch, 0]");
  EXPECT_EQ(inferred_text(kEqual, {i64({batch}), i64({})}), "bool[batch]");
  EXPECT_EQ(inferred_text(kAdd, {f32({batch}), f32({seq})}), "float32[broadcast(batch, seq)]");
}

TEST(Binary, RefusesWhatDoesNotFit) {
  EXPECT_EQ(error_text(kAdd, {f32({batch, 3}), f32({4})}),
            "axis 0 of input 1 is 4 and axis 1 of input 0 is 3; they must be equal or 1");
  EXPECT_EQ(error_text(kAdd, {f32({3}), i64({3})}),
            "input 1 is int64[3], expected float32 as input 0 is");
  EXPECT_EQ(error_text(kAdd, {type(DType::kBool, {3}), type(DType::kBool, {3})}),
            "input 0 is bool[3], expected a number type");
  EXPECT_EQ(error_text(BinaryAttrs{BinaryFunction::kAnd}, {i64({3}), i64({3})}),
            "input 0 is int64[3], expected bool");
}

TEST(Binary, ArithmeticOnContents) {
  EXPECT_EQ(contents_text(kAdd, {known({batch, 2}), known({seq})}), "[batch + seq, 2 + seq]");
  EXPECT_EQ(contents_text(BinaryAttrs{BinaryFunction::kSub}, {known({seq}), known({seq})}), "[0]");
  EXPECT_EQ(contents_text(kMul, {known_scalar(batch), known({seq, 384})}),
            "[batch*seq, 384*batch]");
  EXPECT_EQ(contents_text(BinaryAttrs{BinaryFunction::kDiv}, {known({seq * Dim(12)}), known({12})}),
            "[seq]");
  EXPECT_EQ(contents_text(BinaryAttrs{BinaryFunction::kDiv}, {known({-7}), known({2})}),
            "[-3]");  // truncates
  EXPECT_EQ(contents_text(BinaryAttrs{BinaryFunction::kDiv}, {known({seq - Dim(5)}), known({2})}),
            "[-2 + -1*floor_div(1 + positive(-5 + seq) + seq, 2) + floor_div(positive(-5 + seq), "
            "2) + seq]");
  EXPECT_EQ(contents_text(BinaryAttrs{BinaryFunction::kDiv}, {known({7}), known({0})}), "none");
  EXPECT_EQ(contents_text(BinaryAttrs{BinaryFunction::kMod}, {known({-7}), known({3})}),
            "[2]");  // as Python
  EXPECT_EQ(contents_text(BinaryAttrs{BinaryFunction::kMax}, {known({seq}), known({0})}), "[seq]");
  EXPECT_EQ(contents_text(BinaryAttrs{BinaryFunction::kMin}, {known({seq}), known({512})}),
            "[min(512, seq)]");
  EXPECT_EQ(contents_text(kAdd, {known({seq}), i64({1})}), "none");
}

TEST(Binary, ComparesWhatCanBeDecided) {
  EXPECT_EQ(contents_text(kEqual, {known({seq, -1, 3}), known({-1})}), "[0, 1, 0]");
  EXPECT_EQ(contents_text(kEqual, {known({batch * seq}), known({seq * batch})}), "[1]");
  EXPECT_EQ(contents_text(kEqual, {known({seq}), known({-8})}), "[0]");
  // An axis may be empty: what depends on that stays an expression of 0 or 1.
  EXPECT_EQ(contents_text(BinaryAttrs{BinaryFunction::kGreater}, {known({seq}), known({0})}),
            "[min(1, seq)]");
  EXPECT_EQ(contents_text(BinaryAttrs{BinaryFunction::kGreaterOrEqual}, {known({seq}), known({0})}),
            "[1]");
  EXPECT_EQ(contents_text(BinaryAttrs{BinaryFunction::kLess}, {known({seq}), known({0})}), "[0]");
  EXPECT_EQ(contents_text(BinaryAttrs{BinaryFunction::kLessOrEqual},
                          {known({seq + Dim(1)}), known({seq})}),
            "[0]");
  EXPECT_EQ(contents_text(BinaryAttrs{BinaryFunction::kOr},
                          {known({0, 1}, DType::kBool), known({0}, DType::kBool)}),
            "[0, 1]");
  EXPECT_EQ(contents_text(BinaryAttrs{BinaryFunction::kAnd},
                          {known({0, 1}, DType::kBool), known({1}, DType::kBool)}),
            "[0, 1]");
  EXPECT_EQ(contents_text(BinaryAttrs{BinaryFunction::kXor},
                          {known({0, 1}, DType::kBool), known({1}, DType::kBool)}),
            "[1, 0]");
}

TEST(Binary, RowAccessOfEachKindOfOperand) {
  const TypeInfo rows = f32({batch, seq, 4});
  EXPECT_EQ(access_text(kAdd, {rows, rows}), "rows rows");
  EXPECT_EQ(access_text(kAdd, {rows, f32({4})}), "rows whole");
  EXPECT_EQ(access_text(kAdd, {rows, f32({1, 1, 4})}), "rows whole");
  EXPECT_EQ(access_text(kAdd, {rows, f32({})}), "rows whole");
  EXPECT_EQ(access_text(kAdd, {f32({1}), rows}), "whole rows");
  EXPECT_EQ(access_text(kAdd, {rows, f32({1, seq, 4})}), "rows periodic");
  EXPECT_EQ(access_text(kAdd, {f32({seq, 4}), rows}), "periodic rows");
}

TEST(Binary, OtherBroadcastsAreNotRowLocal) {
  const TypeInfo rows = f32({batch, seq, 4});
  EXPECT_EQ(access_text(kAdd, {rows, f32({batch, seq, 1})}), "none");
  EXPECT_EQ(access_text(kAdd, {rows, f32({batch, 1, 4})}), "none");
  EXPECT_EQ(access_text(kAdd, {rows, f32({seq, 1})}), "none");
  EXPECT_EQ(access_text(kAdd, {f32({batch, 1, 4}), f32({seq, 4})}), "none");
  EXPECT_EQ(access_text(kAdd, {f32({4}), f32({4})}), "none");
}

TEST(Where, BroadcastsThreeInputsAndPicksContents) {
  const TypeInfo condition = type(DType::kBool, {batch, 1, 1, seq});
  EXPECT_EQ(inferred_text(WhereAttrs{}, {condition, f32({}), f32({batch, 12, seq, seq})}),
            "float32[batch, 12, seq, seq]");
  EXPECT_EQ(
      contents_text(WhereAttrs{}, {known({1, 0}, DType::kBool), known({5}), known({batch, seq})}),
      "[5, seq]");
  EXPECT_EQ(error_text(WhereAttrs{}, {i64({1}), f32({1}), f32({1})}),
            "input 0 is int64[1], expected bool");
  EXPECT_EQ(error_text(WhereAttrs{}, {condition, f32({}), i64({})}),
            "input 2 is int64[], expected float32 as input 1 is");
}

TEST(Clip, TakesScalarBounds) {
  EXPECT_EQ(inferred_text(ClipAttrs{}, {f32({batch}), f32({}), absent()}), "float32[batch]");
  EXPECT_EQ(contents_text(ClipAttrs{}, {known({seq, 900}), absent(), known_scalar(512)}),
            "[min(512, seq), 512]");
  EXPECT_EQ(contents_text(ClipAttrs{}, {known({-3}), known_scalar(0)}), "[0]");
  EXPECT_EQ(error_text(ClipAttrs{}, {f32({batch}), f32({2})}),
            "input 1 is float32[2], expected one element");
  EXPECT_EQ(access_text(ClipAttrs{}, {f32({batch, 4}), f32({}), f32({})}), "rows whole whole");
}

TEST(Cast, KeepsContentsOfIntegers) {
  EXPECT_EQ(inferred_text(CastAttrs{DType::kF32}, {i64({batch})}), "float32[batch]");
  EXPECT_EQ(contents_text(CastAttrs{DType::kI32}, {known({seq, 7})}), "[seq, 7]");
  EXPECT_EQ(contents_text(CastAttrs{DType::kI8}, {known({seq, 300})}), "none");
  EXPECT_EQ(contents_text(CastAttrs{DType::kU8}, {known({-1})}), "none");
  EXPECT_EQ(contents_text(CastAttrs{DType::kBool}, {known({seq + Dim(1), 0})}), "[1, 0]");
  EXPECT_EQ(contents_text(CastAttrs{DType::kF32}, {known({seq})}), "none");
  EXPECT_EQ(contents_text(CastAttrs{DType::kF32}, {known({})}), "none");
  EXPECT_EQ(access_text(CastAttrs{DType::kF32}, {i64({batch, 4})}), "rows");
}

}  // namespace
}  // namespace octet::test
