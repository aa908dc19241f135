// The type rule of Recurrence.
#include "runtime/ops/recurrence.h"

#include "runtime/ops/work.h"
#include "tests/ops/types.h"

namespace octet::test {
namespace {

using ::testing::HasSubstr;

RecurrenceAttrs attrs(RecurrentCell cell) {
  RecurrenceAttrs attrs;
  attrs.cell = cell;
  attrs.hidden = 4;
  attrs.activations.resize(activation_count(cell));
  return attrs;
}
Attributes lstm() { return LongTailAttrs(attrs(RecurrentCell::kLstm)); }
Attributes gru() { return LongTailAttrs(attrs(RecurrentCell::kGru)); }

TEST(Recurrence, GivesStatesAndLastOnes) {
  const auto found =
      infer_with(lstm(), {f32({seq, batch, 16}), f32({16, 4}), absent(), type(DType::kI32, {batch}),
                          f32({batch, 4}), f32({batch, 4}), f32({12})});
  ASSERT_TRUE(found.is_ok()) << found.status().message();
  ASSERT_EQ(found->size(), 3u);
  EXPECT_EQ(to_string((*found)[0]), "float32[seq, batch, 4]");
  EXPECT_EQ(to_string((*found)[1]), "float32[batch, 4]");
  EXPECT_EQ(to_string((*found)[2]), "float32[batch, 4]");
  EXPECT_TRUE((*found)[0].checks.empty());
  EXPECT_EQ(infer_with(gru(), {f32({seq, batch, 12}), f32({12, 4})})->size(), 2u);
}

TEST(Recurrence, ChecksAtRunTimeWhatItCannotKnow) {
  const auto found =
      infer_with(lstm(), {f32({seq, batch, 16}), f32({16, 4}), absent(), absent(), f32({seq, 4})});
  ASSERT_TRUE(found.is_ok()) << found.status().message();
  EXPECT_EQ((*found)[0].checks.size(), 1u);
}

TEST(Recurrence, RefusesWhatDoesNotFit) {
  const TypeInfo src = f32({seq, batch, 16}), weights = f32({16, 4});
  EXPECT_THAT(error_text(lstm(), {f32({seq, batch, 12}), weights}), HasSubstr("12"));
  EXPECT_THAT(error_text(lstm(), {src, f32({16, 5})}), HasSubstr("5"));
  EXPECT_THAT(error_text(lstm(), {src, f32({16})}), HasSubstr("expected rank 2"));
  EXPECT_THAT(error_text(lstm(), {src, type(DType::kF64, {16, 4})}), HasSubstr("float64"));
  EXPECT_THAT(error_text(lstm(), {src, weights, f32({4})}),
              HasSubstr("input 2 is given, which only a GRU with linear_before_reset has"));
  EXPECT_THAT(error_text(lstm(), {src, weights, absent(), type(DType::kI64, {batch})}),
              HasSubstr("expected int32"));
  EXPECT_THAT(error_text(gru(), {f32({seq, batch, 12}), f32({12, 4}), absent(), absent(), absent(),
                                 f32({batch, 4})}),
              HasSubstr("input 5 is given, which only an LSTM has"));
  RecurrenceAttrs few = attrs(RecurrentCell::kLstm);
  few.activations.resize(2);
  EXPECT_THAT(error_text(LongTailAttrs(few), {src, weights}),
              HasSubstr("there are 2 activations, expected 3"));
  RecurrenceAttrs negative = attrs(RecurrentCell::kLstm);
  negative.clip = -1;
  EXPECT_THAT(error_text(LongTailAttrs(negative), {src, weights}), HasSubstr("clip is negative"));
}

TEST(Recurrence, WorkIsItsProducts) {
  const std::vector<Shape> inputs = {{5, 2, 16}, {16, 4}}, outputs = {{5, 2, 4}, {2, 4}, {2, 4}};
  EXPECT_EQ(work_of(lstm(), inputs, outputs), 160 * 4 + 160 + 64 + 40 + 8 + 8);
}

}  // namespace
}  // namespace octet::test
