// Axes that are empty in a request: slices of nothing are nothing, and no memory outside of a
// buffer is read.
#include <algorithm>
#include <array>

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

// Slices of slices of slices: expressions must not grow with each.
TEST(EmptySlices, ChainsOfSlicesStaySmall) {
  const std::vector<std::array<int64_t, 2>> bounds = {
      {1, INT64_MAX}, {1, -1}, {2, -2}, {0, 10}, {-10, INT64_MAX}, {1, 10}, {-2, 500}, {0, -1}};
  for (size_t first = 0; first < bounds.size(); ++first) {
    ModelBuilder builder;
    builder.input("x", {"s"}).ints("axis", {0}).output("y");
    std::string from = "x";
    for (size_t i = 0; i < bounds.size(); ++i) {
      const std::string step = std::to_string(i);
      const auto [start, end] = bounds[(first + i) % bounds.size()];
      builder.ints("start" + step, {start}).ints("end" + step, {end});
      const std::string to = i + 1 == bounds.size() ? "y" : "v" + step;
      builder.node("Slice", {from, "start" + step, "end" + step, "axis"}, {to});
      from = to;
    }
    for (int64_t length : {0, 1, 5, 30, 700}) {
      int64_t expected = length;
      for (size_t i = 0; i < bounds.size(); ++i) {
        auto [start, end] = bounds[(first + i) % bounds.size()];
        start = std::clamp<int64_t>(start < 0 ? start + expected : start, 0, expected);
        end = std::clamp<int64_t>(end < 0 ? end + expected : end, 0, expected);
        expected = std::max<int64_t>(end - start, 0);
      }
      const auto outputs = run_onnx(builder, {random_floats({length}, 1)});
      ASSERT_TRUE(outputs.is_ok()) << first << " " << outputs.status().message();
      EXPECT_EQ(outputs.value()[0].shape(), (Shape{expected})) << first << " of " << length;
    }
  }
}

// Bounds that are an input of the model.
TEST(EmptySlices, BoundsMayBeAnyNumbers) {
  ModelBuilder builder;
  builder.input("x", {"s"}).input("start", {1}, kInt64).input("end", {1}, kInt64).output("y");
  builder.node("Slice", {"x", "start", "end"}, {"y"});
  for (int64_t length : {0, 1, 4})
    for (int64_t start : {INT64_MIN, int64_t{-3}, int64_t{0}, int64_t{2}, INT64_MAX})
      for (int64_t end : {INT64_MIN, int64_t{-1}, int64_t{0}, int64_t{3}, INT64_MAX}) {
        const auto outputs =
            run_onnx(builder, {random_floats({length}, 1), make_tensor<int64_t>({1}, {start}),
                               make_tensor<int64_t>({1}, {end})});
        ASSERT_TRUE(outputs.is_ok()) << outputs.status().message();
        const auto index = [&](int64_t bound) {
          return std::clamp<int64_t>(bound < 0 ? bound + length : bound, 0, length);
        };
        EXPECT_EQ(outputs.value()[0].shape()[0], std::max<int64_t>(index(end) - index(start), 0))
            << start << ":" << end << " of " << length;
      }
}

// Two expressions that are too long to keep are not equal for that: the run computes them.
TEST(EmptySlices, LongExpressionsAreNotEqual) {
  ModelBuilder builder;
  builder.input("x", {6}, kInt64).output("y");
  std::string p = "x", q = "x";
  builder.ints("one", {1}).ints("two", {2});
  for (int i = 0; i < 8; ++i) {
    const std::string step = std::to_string(i);
    builder.node("Mul", {p, p}, {"pp" + step});
    builder.node("Add", {"pp" + step, "one"}, {"p" + step});
    builder.node("Add", {"pp" + step, "two"}, {"q" + step});
    builder.ints("m" + step, {1000}).node("Mod", {"p" + step, "m" + step}, {"r" + step});
    p = "r" + step;
    q = "q" + step;
  }
  builder.node("Equal", {p, q}, {"y"});
  const auto outputs = run_onnx(builder, {make_tensor<int64_t>({6}, {1, 2, 3, 4, 5, 6})});
  ASSERT_TRUE(outputs.is_ok()) << outputs.status().message();
  std::vector<double> expected;
  for (int64_t v = 1; v <= 6; ++v) {
    int64_t r = v, last = 0;
    for (int i = 0; i < 8; ++i) {
      last = r * r + 2;
      r = (r * r + 1) % 1000;
    }
    expected.push_back(r == last);
  }
  EXPECT_EQ(to_doubles(outputs.value()[0]), expected);
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
