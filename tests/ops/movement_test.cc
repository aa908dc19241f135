// Type rules of the ops that move elements, and of those that make them from extents.
#include "tests/ops/types.h"

namespace octet::test {
namespace {

using ::testing::HasSubstr;

TEST(Reshape, ChecksTheElementCount) {
  EXPECT_EQ(inferred_text(ReshapeAttrs{{batch, seq, 12, 64}}, {f32({batch, seq, 768})}),
            "float32[batch, seq, 12, 64]");
  EXPECT_EQ(check_count(ReshapeAttrs{{batch, seq, 12, 64}}, {f32({batch, seq, 768})}), 0u);
  EXPECT_EQ(check_count(ReshapeAttrs{{Dim::symbol("n"), 768}}, {f32({batch, seq, 768})}), 1u);
  EXPECT_EQ(error_text(ReshapeAttrs{{3, 5}}, {f32({2, 8})}),
            "input 0 is float32[2, 8], expected 15 elements for the shape [3, 5]");
  EXPECT_EQ(contents_text(ReshapeAttrs{{1}}, {known_scalar(seq)}), "[seq]");
  EXPECT_EQ(contents_text(ReshapeAttrs{{}}, {known({seq})}), "[seq]");
  EXPECT_EQ(contents_text(ReshapeAttrs{{1, 2}}, {known({seq, 2})}), "[seq, 2]");
  EXPECT_EQ(contents_text(ReshapeAttrs{{1, 2, 1}}, {known({seq, 2})}), "none");
}

TEST(Reshape, RefusesNegativeAndHugeExtents) {
  EXPECT_THAT(error_text(ReshapeAttrs{{-2, -2}}, {f32({4})}),
              HasSubstr("extents are never negative"));
  EXPECT_THAT(error_text(ReshapeAttrs{{int64_t{1} << 40, int64_t{1} << 40}}, {f32({batch})}),
              HasSubstr("64 bits"));
  EXPECT_THAT(error_text(ReshapeAttrs{{1, 1, 1, 1, 1, 1, 1, 1, 4}}, {f32({4})}),
              HasSubstr("at most 8 dimensions"));
}

TEST(Transpose, PermutesAxes) {
  EXPECT_EQ(inferred_text(TransposeAttrs{{0, 2, 1, 3}}, {f32({batch, seq, 12, 64})}),
            "float32[batch, 12, seq, 64]");
  EXPECT_EQ(contents_text(TransposeAttrs{{0}}, {known({seq, 1})}), "[seq, 1]");
  EXPECT_THAT(error_text(TransposeAttrs{{0, 0}}, {f32({2, 2})}), HasSubstr("axis 0 twice"));
  EXPECT_THAT(error_text(TransposeAttrs{{0, 2}}, {f32({2, 2})}), HasSubstr("axis 2"));
  EXPECT_EQ(error_text(TransposeAttrs{{0}}, {f32({2, 2})}),
            "input 0 is float32[2, 2], expected rank 1");
}

TEST(Slice, TakesCountsAndContents) {
  EXPECT_EQ(
      inferred_text(SliceAttrs{{0, 0}, {batch, Dim::min(seq, 512)}, {1, 1}}, {f32({batch, 512})}),
      "float32[batch, min(512, seq)]");
  EXPECT_EQ(contents_text(SliceAttrs{{1}, {2}, {1}}, {known({batch, seq, 4})}), "[seq, 4]");
  EXPECT_EQ(contents_text(SliceAttrs{{2}, {3}, {-1}}, {known({batch, seq, 4})}), "[4, seq, batch]");
  EXPECT_EQ(contents_text(SliceAttrs{{3}, {0}, {1}}, {known({batch, seq, 4})}), "[]");
}

TEST(Slice, StaysInsideConstantExtents) {
  EXPECT_THAT(error_text(SliceAttrs{{2}, {2}, {1}}, {f32({3})}),
              HasSubstr("expected an extent that holds 2 elements from 2"));
  EXPECT_THAT(error_text(SliceAttrs{{1}, {3}, {-1}}, {f32({3})}), HasSubstr("expected an extent"));
  EXPECT_THAT(error_text(SliceAttrs{{-1}, {0}, {1}}, {f32({3})}), HasSubstr("expected an extent"));
  EXPECT_THAT(error_text(SliceAttrs{{0}, {4}, {INT64_MAX}}, {f32({3})}),
              HasSubstr("expected an extent"));
  EXPECT_THAT(error_text(SliceAttrs{{0}, {1}, {0}}, {f32({3})}), HasSubstr("slice step is 0"));
}

TEST(Slice, ChecksAtRunTimeWhatItCannotKnow) {
  EXPECT_EQ(check_count(SliceAttrs{{0}, {seq}, {1}}, {f32({seq})}), 0u);
  EXPECT_EQ(check_count(SliceAttrs{{seq - Dim(1)}, {seq}, {-1}}, {f32({seq})}), 0u);
  EXPECT_EQ(check_count(SliceAttrs{{0}, {2}, {1}}, {f32({3})}), 0u);
  const TypeInfo rows = inferred(SliceAttrs{{0}, {seq}, {1}}, {f32({512})});
  ASSERT_EQ(rows.checks.size(), 1u);
  const Check& end = rows.checks[0];
  EXPECT_EQ(end.found, seq);
  EXPECT_TRUE(end.holds(512, 512));
  EXPECT_FALSE(end.holds(513, 512));
  EXPECT_EQ(end.error(513, 512).message(),
            "the end of the slice along axis 0 of input 0 is 513, expected at most 512");
}

TEST(Expand, BroadcastsToItsShape) {
  EXPECT_EQ(inferred_text(ExpandAttrs{{batch, 1, seq, 4}}, {f32({seq, 1})}),
            "float32[batch, 1, seq, 4]");
  EXPECT_EQ(check_count(ExpandAttrs{{batch, 1, seq, 4}}, {f32({seq, 1})}), 0u);
  EXPECT_EQ(check_count(ExpandAttrs{{batch}}, {f32({seq})}), 1u);
  EXPECT_EQ(contents_text(ExpandAttrs{{3}}, {known_scalar(seq)}), "[seq, seq, seq]");
  EXPECT_EQ(error_text(ExpandAttrs{{4}}, {f32({3})}), "axis 0 of input 0 is 3, expected 4 or 1");
  EXPECT_THAT(error_text(ExpandAttrs{{4}}, {f32({1, 4})}),
              HasSubstr("expected a shape that broadcasts to [4]"));
}

TEST(Concat, AddsExtentsAndContents) {
  EXPECT_EQ(inferred_text(ConcatAttrs{1}, {f32({batch, seq}), f32({batch, 1}), f32({batch, seq})}),
            "float32[batch, 1 + 2*seq]");
  EXPECT_EQ(contents_text(ConcatAttrs{0}, {known({batch}), known({seq, 768})}),
            "[batch, seq, 768]");
  EXPECT_EQ(contents_text(ConcatAttrs{0}, {known({batch}), i64({1})}), "none");
  EXPECT_EQ(check_count(ConcatAttrs{1}, {f32({batch, 1}), f32({seq, 1})}), 1u);
  EXPECT_EQ(error_text(ConcatAttrs{1}, {f32({2, 1}), f32({3, 1})}),
            "axis 0 is 3 in input 1 and 2 in input 0; they must be equal");
  EXPECT_THAT(error_text(ConcatAttrs{1}, {f32({2})}),
              HasSubstr("expected a rank above the axis, 1"));
  EXPECT_EQ(error_text(ConcatAttrs{0}, {}), "has 0 inputs, expected 1");
}

TEST(Generate, ShapeValuesAndRange) {
  EXPECT_EQ(inferred_text(ShapeValuesAttrs{DType::kI64, false, {batch, seq}}, {}), "int64[2]");
  EXPECT_EQ(contents_text(ShapeValuesAttrs{DType::kI32, true, {seq}}, {}), "[seq]");
  EXPECT_EQ(inferred_text(RangeAttrs{DType::kI64, 0, 1, seq}, {}), "int64[seq]");
  EXPECT_EQ(contents_text(RangeAttrs{DType::kI64, seq, 2, 3}, {}), "[seq, 2 + seq, 4 + seq]");
  EXPECT_EQ(contents_text(RangeAttrs{DType::kI64, 0, 1, 65}, {}), "none");
  EXPECT_THAT(error_text(RangeAttrs{DType::kI64, 0, 1, -1}, {}), HasSubstr("never negative"));
}

// What exporters write before a Reshape: Shape(x) -> Gather -> Mul -> Concat.
TEST(ShapeChain, EndsInAReshapeWithKnownExtents) {
  const TypeInfo shape = inferred(ShapeValuesAttrs{DType::kI64, false, {batch, seq, 384}}, {});
  const TypeInfo batch_of = inferred(GatherAttrs{0}, {shape, known_scalar(0)});
  const TypeInfo seq_of = inferred(GatherAttrs{0}, {shape, known_scalar(-2)});
  const TypeInfo tokens = inferred(BinaryAttrs{BinaryFunction::kMul}, {batch_of, seq_of});
  const TypeInfo tokens_1d = inferred(ReshapeAttrs{{1}}, {tokens});
  const TypeInfo width = inferred(BinaryAttrs{BinaryFunction::kDiv}, {known({384}), known({12})});
  const TypeInfo target = inferred(ConcatAttrs{0}, {tokens_1d, known({12}), width});
  ASSERT_TRUE(target.contents);
  EXPECT_EQ(to_string(SymbolicShape(*target.contents)), "[batch*seq, 12, 32]");
  const TypeInfo result = inferred(ReshapeAttrs{*target.contents}, {f32({batch, seq, 384})});
  EXPECT_EQ(to_string(result), "float32[batch*seq, 12, 32]");
  EXPECT_TRUE(result.checks.empty());
}

// PyTorch turns pads around as a matrix: Reshape, Slice, Transpose, Reshape.
TEST(Contents, SurviveAsAMatrix) {
  const std::vector<TypeInfo> pads = {known({1, 2, 3, 4, seq, 6})};
  const TypeInfo matrix = inferred(ReshapeAttrs{{3, 2}}, pads);
  EXPECT_EQ(contents_text(SliceAttrs{{2, 0}, {3, 2}, {-1, 1}}, {matrix}), "[seq, 6, 3, 4, 1, 2]");
  EXPECT_EQ(contents_text(SliceAttrs{{1, 1}, {2, 1}, {1, 1}}, {matrix}), "[4, 6]");
  EXPECT_EQ(contents_text(TransposeAttrs{{1, 0}}, {matrix}), "[1, 3, seq, 2, 4, 6]");
  EXPECT_EQ(contents_text(ReshapeAttrs{{6}}, {matrix}), "[1, 2, 3, 4, seq, 6]");
  EXPECT_EQ(contents_text(ReshapeAttrs{{3, 1, 2}}, {matrix}), "none");
  EXPECT_EQ(contents_text(ConcatAttrs{1}, {matrix, matrix}), "none");
  EXPECT_EQ(contents_text(ReshapeAttrs{{0, seq}}, {known({})}), "none");
}

}  // namespace
}  // namespace octet::test
