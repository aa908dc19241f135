// The type rule of TopK, and what follows from the description of an op of the long-tail lane.
#include "runtime/ops/top_k.h"

#include "runtime/ops/work.h"
#include "tests/ops/types.h"

namespace octet::test {
namespace {

using ::testing::HasSubstr;

Attributes top_k(Dim k, int axis) { return LongTailAttrs(TopKAttrs{.k = k, .axis = axis}); }

std::string types_text(const Attributes& attributes, const TypeInfo& src) {
  const auto outputs = infer_with(attributes, {src});
  if (!outputs.is_ok()) return outputs.status().message();
  return to_string((*outputs)[0]) + " " + to_string((*outputs)[1]);
}

TEST(TopK, GivesValuesAndIndices) {
  EXPECT_EQ(types_text(top_k(3, 1), f32({batch, 5, 4})), "float32[batch, 3, 4] int64[batch, 3, 4]");
  EXPECT_EQ(types_text(top_k(Dim::min(seq, 8), 0), type(DType::kU8, {seq})),
            "uint8[min(8, seq)] int64[min(8, seq)]");
  EXPECT_EQ(types_text(top_k(0, 0), f32({0})), "float32[0] int64[0]");
}

TEST(TopK, RefusesWhatIsNotThere) {
  EXPECT_THAT(
      error_text(top_k(6, 1), {f32({2, 5})}),
      HasSubstr("k, the number of elements to take along axis 1, is 6, expected at most 5"));
  EXPECT_THAT(error_text(top_k(-1, 0), {f32({5})}), HasSubstr("is -1, expected 0 or more"));
  EXPECT_THAT(error_text(top_k(1, 1), {f32({5})}), HasSubstr("expected a rank above the axis, 1"));
  EXPECT_THAT(error_text(top_k(1, 0), {type(DType::kBool, {5})}), HasSubstr("a number type"));
}

TEST(TopK, ChecksAtRunTimeWhatItCannotKnow) {
  const auto checks = [](Dim k) { return (*infer_with(top_k(k, 0), {f32({seq})}))[0].checks; };
  EXPECT_EQ(checks(5).size(), 1u);
  EXPECT_TRUE(checks(Dim::min(seq, 5)).empty());
}

TEST(LongTail, IsNamedDescribedAndWeighedByItsDescription) {
  const Attributes attributes = top_k(3, 1);
  EXPECT_EQ(op_kind(attributes), OpKind::kLongTail);
  EXPECT_EQ(op_label(attributes), "top_k");
  EXPECT_EQ(to_string(describe(attributes)), "k: 3, axis: 1, largest: true, sorted: true");
  EXPECT_EQ(access_text(attributes, {f32({4, 5})}), "none");
  const std::vector<Shape> inputs = {{4, 8}}, outputs = {{4, 7}, {4, 7}};
  EXPECT_EQ(work_of(attributes, inputs, outputs), 32 * 3 + 32 + 28 + 28);
}

}  // namespace
}  // namespace octet::test
