// Det, ReverseSequence, BitCast, Col2Im, MaxUnpool, TfIdf, running products and norms of windows,
// by hand.
#include <limits>

#include "tests/reference/evaluate.h"
#include "tests/support/numeric_cases.h"

namespace octet::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string run_error(const Attributes& attributes, const std::vector<Tensor>& inputs) {
  const auto outputs = evaluate_reference(attributes, inputs);
  EXPECT_FALSE(outputs.is_ok());
  return outputs.is_ok() ? "" : outputs.status().message();
}

// float32 of `shape` with the elements 1, 2, 3, ..
Tensor counted(const Shape& shape) {
  Tensor tensor(DType::kF32, shape);
  float next = 1;
  for (float& element : tensor.elements<float>()) element = next++;
  return tensor;
}

TEST(Det, WithAndWithoutExchangedRows) {
  const Attributes det = LongTailAttrs(DetAttrs());
  EXPECT_THAT(values(det, {make_tensor<float>({2, 2, 2}, {1, 2, 3, 4, 0, 1, 1, 0})}),
              ElementsAre(-2, -1));
  // The only pivots are below the diagonal: an even permutation of three rows.
  EXPECT_THAT(values(det, {make_tensor<double>({3, 3}, {0, 0, 2, 3, 0, 0, 0, 5, 0})}),
              ElementsAre(30));
  EXPECT_THAT(values(det, {make_tensor<float>({2, 2}, {1, 2, 2, 4})}), ElementsAre(0));
  EXPECT_THAT(values(det, {make_tensor<float>({1, 1}, {-7})}), ElementsAre(-7));
}

TEST(Det, OfEmptyMatricesIsOne) {
  const Attributes det = LongTailAttrs(DetAttrs());
  EXPECT_THAT(values(det, {Tensor(DType::kF32, {2, 0, 0})}), ElementsAre(1, 1));
  EXPECT_THAT(values(det, {Tensor(DType::kF32, {0, 3, 3})}), ElementsAre());
}

TEST(ReverseSequence, ReversesTheBeginnings) {
  const Tensor src = counted({3, 2});
  EXPECT_THAT(values(LongTailAttrs(ReverseSequenceAttrs()), {src, integers({3, 2})}),
              ElementsAre(5, 4, 3, 2, 1, 6));
  EXPECT_THAT(values(LongTailAttrs(ReverseSequenceAttrs{.batch_axis = 0, .time_axis = 1}),
                     {src, integers({2, 0, 1})}),
              ElementsAre(2, 1, 3, 4, 5, 6));
  EXPECT_THAT(run_error(LongTailAttrs(ReverseSequenceAttrs()), {src, integers({3, 4})}),
              HasSubstr("sequence length 1 is 4, expected 0 to 3"));
  EXPECT_THAT(run_error(LongTailAttrs(ReverseSequenceAttrs()), {src, integers({-1, 4})}),
              HasSubstr("sequence length 0 is -1"));
}

TEST(BitCast, KeepsTheBits) {
  EXPECT_THAT(values(LongTailAttrs(BitCastAttrs{DType::kI32}), {floats({1, -0.0f})}),
              ElementsAre(0x3F800000, std::numeric_limits<int32_t>::min()));
  EXPECT_THAT(values(LongTailAttrs(BitCastAttrs{DType::kF16}),
                     {make_tensor<uint16_t>({2}, {0x3C00, 0xC000})}),
              ElementsAre(1, -2));
  EXPECT_THAT(values(LongTailAttrs(BitCastAttrs{DType::kU8}), {make_tensor<int8_t>({2}, {-1, 5})}),
              ElementsAre(255, 5));
}

TEST(Col2Im, AddsWhereBlocksOverlap) {
  // Blocks of 2 x 2 at each place of 3 x 3; each holds 1, 10, 100, 1000.
  const Tensor src = make_tensor<float>(
      {1, 4, 4}, {1, 1, 1, 1, 10, 10, 10, 10, 100, 100, 100, 100, 1000, 1000, 1000, 1000});
  EXPECT_THAT(values(LongTailAttrs(Col2ImAttrs{square_window(2, 1, 0), {3, 3}}), {src}),
              ElementsAre(1, 11, 10, 101, 1111, 1010, 100, 1100, 1000));
  // Every second place of 2 x 2 in padding of 1: each block has one element in the image.
  EXPECT_THAT(values(LongTailAttrs(Col2ImAttrs{square_window(2, 2, 1), {2, 2}}), {src}),
              ElementsAre(1000, 100, 10, 1));
}

TEST(Col2Im, ChannelsDilationAndIntegers) {
  Window window{.kernel = {2}, .strides = {1}, .dilations = {2}, .begins = {0}, .ends = {0}};
  // Two channels of taps at i and i + 2; two blocks.
  EXPECT_THAT(values(LongTailAttrs(Col2ImAttrs{window, {4}}),
                     {make_tensor<int32_t>({1, 4, 2}, {1, 2, 3, 4, 5, 6, 7, 8})}),
              ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
}

TEST(MaxUnpool, PutsElementsBackAndZerosAround) {
  const Attributes same = LongTailAttrs(MaxUnpoolAttrs{square_window(2, 2, 0), {1, 1, 2, 4}});
  const Tensor src = make_tensor<float>({1, 1, 1, 2}, {3, 5});
  EXPECT_THAT(values(same, {src, make_tensor<int64_t>({1, 1, 1, 2}, {5, 2})}),
              ElementsAre(0, 0, 5, 0, 0, 3, 0, 0));
  // Indices count the 2 x 4 elements that the windows cover, not the 3 x 5 of the result.
  const Attributes larger = LongTailAttrs(MaxUnpoolAttrs{square_window(2, 2, 0), {1, 1, 3, 5}});
  EXPECT_THAT(values(larger, {src, make_tensor<int64_t>({1, 1, 1, 2}, {5, 2})}),
              ElementsAre(0, 0, 5, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(run_error(same, {src, make_tensor<int64_t>({1, 1, 1, 2}, {5, 8})}),
              HasSubstr("index 8 is out of range for a picture of [1x1x2x4]; expected 0 to 7"));
  EXPECT_THAT(run_error(same, {src, make_tensor<int64_t>({1, 1, 1, 2}, {-1, 2})}),
              HasSubstr("index -1 is out of range"));
}

// The pool 5 | 5 6 | 6 7 | 7, of which the columns are 1, 3, 0 and 1.
std::vector<Tensor> tf_idf_inputs(const Tensor& src) {
  return {src, integers({5, 5, 6, 6, 7, 7}), integers({0, 1, 3, 5, 6}), integers({1, 3, 0, 1})};
}

TEST(TfIdf, CountsAtAnyDistanceButSingleElementsOnce) {
  const Tensor src = integers({5, 6, 7, 5, 7, 6, 7});
  EXPECT_THAT(values(LongTailAttrs(TfIdfAttrs{.columns = 4}), tf_idf_inputs(src)),
              ElementsAre(2, 5, 0, 1));
  // Pairs two apart: 5 7, 6 5, 7 7, 5 6, 7 7.
  EXPECT_THAT(values(LongTailAttrs(TfIdfAttrs{.skips = 1, .columns = 4}), tf_idf_inputs(src)),
              ElementsAre(2, 5, 0, 2));
}

TEST(TfIdf, WeightsAndRows) {
  std::vector<Tensor> inputs = tf_idf_inputs(make_tensor<int32_t>({2, 3}, {5, 5, 6, 6, 7, 9}));
  inputs.push_back(floats({2, 0.5f, 1, 4}));
  EXPECT_THAT(values(LongTailAttrs(TfIdfAttrs{.columns = 4}), inputs),
              ElementsAre(0, 2, 0, 1, 1, 1, 0, 0));
  EXPECT_THAT(values(LongTailAttrs(TfIdfAttrs{.mode = TfIdfMode::kPresence, .columns = 4}), inputs),
              ElementsAre(0, 0.5, 0, 4, 2, 0.5, 0, 0));
  EXPECT_THAT(
      values(LongTailAttrs(TfIdfAttrs{.mode = TfIdfMode::kWeightedCount, .columns = 4}), inputs),
      ElementsAre(0, 1, 0, 4, 2, 0.5, 0, 0));
}

TEST(TfIdf, OfNothing) {
  EXPECT_THAT(
      values(LongTailAttrs(TfIdfAttrs{.columns = 4}), tf_idf_inputs(Tensor(DType::kI64, {0}))),
      ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(values(LongTailAttrs(TfIdfAttrs{.columns = 2}),
                     {integers({1, 2}), integers({}), integers({0}), integers({})}),
              ElementsAre(0, 0));
}

TEST(CumProd, ForwardsBackwardsAndExclusive) {
  const auto product = [](bool exclusive, bool reverse) {
    return CumSumAttrs{0, exclusive, reverse, /*product=*/true};
  };
  const Tensor src = floats({2, 3, 4});
  EXPECT_THAT(values(product(false, false), {src}), ElementsAre(2, 6, 24));
  EXPECT_THAT(values(product(true, false), {src}), ElementsAre(1, 2, 6));
  EXPECT_THAT(values(product(false, true), {src}), ElementsAre(24, 12, 4));
  EXPECT_THAT(values(product(true, true), {src}), ElementsAre(12, 4, 1));
  EXPECT_THAT(values(product(false, false), {make_tensor<uint32_t>({2}, {1u << 31, 2})}),
              ElementsAre(double{1u << 31}, 0));  // wraps
}

TEST(NormPool, OfWhatLiesInTheWindow) {
  PoolAttrs pool{.function = PoolFunction::kNorm, .window = square_window(2, 2, 0)};
  const Tensor src = make_tensor<float>({1, 1, 2, 4}, {3, -4, 1, 1, 0, 0, 1, 1});
  EXPECT_THAT(values(pool, {src}), ElementsAre(5, 2));
  pool.p = 1;
  EXPECT_THAT(values(pool, {src}), ElementsAre(7, 4));
  pool.window = square_window(2, 2, 1);
  EXPECT_THAT(values(pool, {src}), ElementsAre(3, 5, 1, 0, 1, 1));
}

TEST(Bitwise, FunctionsOfIntegers) {
  const auto apply = [](BinaryFunction function, const Tensor& lhs, const Tensor& rhs) {
    return values(BinaryAttrs{function}, {lhs, rhs});
  };
  const Tensor lhs = make_tensor<int8_t>({3}, {12, -1, 5}), rhs = make_tensor<int8_t>({1}, {10});
  EXPECT_THAT(apply(BinaryFunction::kBitwiseAnd, lhs, rhs), ElementsAre(8, 10, 0));
  EXPECT_THAT(apply(BinaryFunction::kBitwiseOr, lhs, rhs), ElementsAre(14, -1, 15));
  EXPECT_THAT(apply(BinaryFunction::kBitwiseXor, lhs, rhs), ElementsAre(6, -11, 15));
  EXPECT_THAT(values(UnaryAttrs{UnaryFunction::kBitwiseNot}, {lhs}), ElementsAre(-13, 0, -6));
  EXPECT_THAT(values(UnaryAttrs{UnaryFunction::kBitwiseNot}, {make_tensor<uint8_t>({1}, {1})}),
              ElementsAre(254));
}

TEST(Bitwise, ShiftsByAnyNumberOfBits) {
  const auto shift = [](BinaryFunction function, const Tensor& lhs, const Tensor& rhs) {
    return values(BinaryAttrs{function}, {lhs, rhs});
  };
  const Tensor by = make_tensor<int8_t>({5}, {1, 7, 8, 100, -1});
  const Tensor negative = make_tensor<int8_t>({}, {-127}), positive = make_tensor<int8_t>({}, {65});
  EXPECT_THAT(shift(BinaryFunction::kShiftRight, negative, by), ElementsAre(-64, -1, -1, -1, -1));
  EXPECT_THAT(shift(BinaryFunction::kShiftRight, positive, by), ElementsAre(32, 0, 0, 0, 0));
  EXPECT_THAT(shift(BinaryFunction::kShiftLeft, negative, by), ElementsAre(2, -128, 0, 0, 0));
  const Tensor wide = make_tensor<uint64_t>({}, {0x8000000000000001u});
  const Tensor bits = make_tensor<uint64_t>({3}, {63, 64, 0xFFFFFFFFFFFFFFFFu});
  EXPECT_THAT(shift(BinaryFunction::kShiftRight, wide, bits), ElementsAre(1, 0, 0));
  EXPECT_THAT(shift(BinaryFunction::kShiftLeft, wide, bits), ElementsAre(0x1p63, 0, 0));
}

}  // namespace
}  // namespace octet::test
