// Axes that are empty in a request: slices of nothing are nothing, and no memory outside of a
// buffer is read.
#include "tests/support/run_model.h"

namespace octet::test {
namespace {

using ::testing::HasSubstr;

// x [1, S, 3] sliced along axis 1.
ModelBuilder slice_model(std::vector<int64_t> start, std::vector<int64_t> end,
                         std::vector<int64_t> step = {1}) {
  ModelBuilder builder;
  builder.input("x", {1, "S", 3}).output("y");
  builder.ints("start", start).ints("end", end).ints("axis", {1}).ints("step", step);
  builder.node("Slice", {"x", "start", "end", "axis", "step"}, {"y"});
  return builder;
}

TEST(EmptySlices, SlicesOfNothingAreNothing) {
  const std::vector<std::array<int64_t, 3>> slices = {
      {0, 1, 1}, {-1, INT64_MAX, 1}, {1, INT64_MAX, 1},  {0, -1, 1},
      {2, 5, 1}, {0, 4, 2},          {-1, INT64_MIN, -1}};
  for (const auto& [start, end, step] : slices) {
    const ModelBuilder builder = slice_model({start}, {end}, {step});
    for (int64_t length = 0; length < 7; ++length) {
      const auto outputs = run_onnx(builder, {random_floats({1, length, 3}, 1)});
      ASSERT_TRUE(outputs.is_ok()) << start << ":" << end << " " << outputs.status().message();
      int64_t expected = 0;
      int64_t first = start < 0 ? std::max<int64_t>(start + length, 0) : std::min(start, length);
      int64_t last = end == INT64_MIN ? -1 : end < 0 ? end + length : std::min(end, length);
      if (step < 0) first = length - 1;
      for (int64_t i = first; step > 0 ? i < last : i > last; i += step) ++expected;
      EXPECT_EQ(outputs.value()[0].shape(), (Shape{1, expected, 3}))
          << start << ":" << end << ":" << step << " of " << length;
    }
  }
}

// [S - 1 : S], the last token as decoders take it.
TEST(EmptySlices, TheLastTokenByItsNumber) {
  ModelBuilder builder;
  builder.input("x", {2, "S", 3}).output("y");
  builder.node("Shape", {"x"}, {"shape"});
  builder.ints("one", {1}).node("Gather", {"shape", "one"}, {"length"}).attr("axis", 0);
  builder.node("Sub", {"length", "one"}, {"before"});
  builder.node("Slice", {"x", "before", "length", "one"}, {"y"});
  for (int64_t length : {0, 1, 4}) {
    const auto outputs = run_onnx(builder, {random_floats({2, length, 3}, 1)});
    ASSERT_TRUE(outputs.is_ok()) << outputs.status().message();
    EXPECT_EQ(outputs.value()[0].shape(), (Shape{2, length > 0 ? 1 : 0, 3}));
  }
}

TEST(EmptySlices, TheFirstTokenIsBroadcastOverAll) {
  ModelBuilder builder = slice_model({0}, {1});
  builder.graph().mutable_output(0)->set_name("z");
  builder.node("Sub", {"x", "y"}, {"z"});
  for (int64_t length : {0, 1, 3}) {
    const auto outputs = run_onnx(builder, {random_floats({1, length, 3}, 1)});
    ASSERT_TRUE(outputs.is_ok()) << outputs.status().message();
    EXPECT_EQ(outputs.value()[0].shape(), (Shape{1, length, 3}));
    if (length > 0) {
      EXPECT_EQ(to_doubles(outputs.value()[0])[1], 0);
    }
  }
}

// Pooling of the first token, as classifiers have it.
TEST(EmptySlices, NothingIsSqueezedOutOfNothing) {
  ModelBuilder builder = slice_model({0}, {1});
  builder.graph().mutable_output(0)->set_name("z");
  builder.node("Squeeze", {"y", "axis"}, {"z"}).named("pooler/squeeze");
  const auto outputs = run_onnx(builder, {random_floats({1, 4, 3}, 1)});
  ASSERT_TRUE(outputs.is_ok()) << outputs.status().message();
  EXPECT_EQ(outputs.value()[0].shape(), (Shape{1, 3}));
  EXPECT_EQ(run_error(builder, {random_floats({1, 0, 3}, 1)}),
            "node \"pooler/squeeze\" (Squeeze): axis 1 of input 0 is 0, expected 1");
}

// Integers computed from extents: S == 0, Max(S, 1), (S - 1) / 2, Where.
TEST(EmptySlices, ShapeArithmeticKnowsThatAnExtentMayBeZero) {
  ModelBuilder builder;
  builder.input("x", {"S"}).output("equal").output("most").output("half").output("choice");
  builder.node("Shape", {"x"}, {"s"});
  builder.ints("zero", {0}).ints("one", {1}).ints("two", {2}).ints("minus", {-1});
  builder.node("Equal", {"s", "zero"}, {"equal"});
  builder.node("Max", {"s", "one"}, {"most"});
  builder.node("Sub", {"s", "one"}, {"before"});
  builder.node("Div", {"before", "two"}, {"half"});
  builder.node("Where", {"equal", "minus", "s"}, {"choice"});
  for (int64_t length = 0; length < 5; ++length) {
    const auto outputs = run_onnx(builder, {random_floats({length}, 1)});
    ASSERT_TRUE(outputs.is_ok()) << outputs.status().message();
    EXPECT_EQ(to_doubles(outputs.value()[0])[0], length == 0);
    EXPECT_EQ(to_doubles(outputs.value()[1])[0], std::max<int64_t>(length, 1));
    EXPECT_EQ(to_doubles(outputs.value()[2])[0], (length - 1) / 2);
    EXPECT_EQ(to_doubles(outputs.value()[3])[0], length == 0 ? -1 : length);
  }
}

}  // namespace
}  // namespace octet::test
