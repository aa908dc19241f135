// Type rules of the ops that pick elements by index.
#include "tests/ops/types.h"

namespace octet::test {
namespace {

using ::testing::HasSubstr;

TEST(Gather, ReplacesTheAxis) {
  EXPECT_EQ(inferred_text(GatherAttrs{0}, {f32({30522, 384}), i64({batch, seq})}),
            "float32[batch, seq, 384]");
  EXPECT_EQ(inferred_text(GatherAttrs{1}, {f32({batch, seq, 384}), i64({})}),
            "float32[batch, 384]");
  EXPECT_EQ(error_text(GatherAttrs{0}, {f32({3, 4}), f32({2})}),
            "input 1 is float32[2], expected int64 or int32");
  EXPECT_THAT(error_text(GatherAttrs{2}, {f32({3, 4}), i64({2})}),
              HasSubstr("expected a rank above the axis, 2"));
}

TEST(Gather, PicksContents) {
  EXPECT_EQ(contents_text(GatherAttrs{0}, {known({batch, seq, 4}), known({2, -3})}), "[4, batch]");
  EXPECT_EQ(contents_text(GatherAttrs{0}, {known({batch, seq, 4}), known_scalar(1)}), "[seq]");
  EXPECT_EQ(contents_text(GatherAttrs{0}, {known({batch, seq}), i64({1})}), "none");
  EXPECT_EQ(error_text(GatherAttrs{0}, {known({batch, seq}), known({2})}),
            "index 2 is out of range for an axis of 2");
  EXPECT_EQ(error_text(GatherAttrs{0}, {known({batch, seq}), known({-3})}),
            "index -3 is out of range for an axis of 2");
}

TEST(Gather, IsRowLocalOnATable) {
  EXPECT_EQ(access_text(GatherAttrs{0}, {f32({30522, 384}), i64({batch, seq})}), "whole rows");
  EXPECT_EQ(access_text(GatherAttrs{0}, {f32({30522, 384}), i64({})}), "none");
  EXPECT_EQ(access_text(GatherAttrs{0}, {f32({batch, 384}), i64({seq})}), "none");
  EXPECT_EQ(access_text(GatherAttrs{1}, {f32({2, 384}), i64({seq})}), "none");
}

TEST(GatherElements, HasTheShapeOfTheIndices) {
  EXPECT_EQ(inferred_text(GatherElementsAttrs{1}, {f32({batch, seq}), i64({batch, 3})}),
            "float32[batch, 3]");
  EXPECT_EQ(check_count(GatherElementsAttrs{1}, {f32({batch, seq}), i64({batch, 3})}), 0u);
  EXPECT_EQ(check_count(GatherElementsAttrs{1}, {f32({4, seq}), i64({3, 3})}), 0u);
  EXPECT_EQ(check_count(GatherElementsAttrs{1}, {f32({batch, seq}), i64({seq, 3})}), 1u);
  EXPECT_THAT(error_text(GatherElementsAttrs{1}, {f32({2, seq}), i64({3, 3})}),
              HasSubstr("axis 0 is 3 in input 1 and 2 in input 0"));
  EXPECT_THAT(error_text(GatherElementsAttrs{1}, {f32({2, seq}), i64({3})}),
              HasSubstr("expected rank 2"));
}

TEST(GatherND, TakesTuplesOfIndices) {
  EXPECT_EQ(inferred_text(GatherNDAttrs{0}, {f32({batch, seq, 4}), i64({7, 2})}), "float32[7, 4]");
  EXPECT_EQ(inferred_text(GatherNDAttrs{1}, {f32({batch, seq, 4}), i64({batch, 7, 1})}),
            "float32[batch, 7, 4]");
  EXPECT_EQ(check_count(GatherNDAttrs{1}, {f32({batch, seq}), i64({seq, 1})}), 1u);
  EXPECT_THAT(error_text(GatherNDAttrs{0}, {f32({batch, seq}), i64({3})}),
              HasSubstr("input 1 is int64[3]"));
  EXPECT_THAT(error_text(GatherNDAttrs{0}, {f32({batch, seq}), i64({3, seq})}),
              HasSubstr("constant last extent"));
  EXPECT_THAT(error_text(GatherNDAttrs{2}, {f32({batch, seq}), i64({3, 1})}),
              HasSubstr("2 batch dims"));
}

}  // namespace
}  // namespace octet::test
