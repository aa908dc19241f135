// Type rules of what slides a window, pads or resizes, and of ArgMax.
#include "tests/ops/types.h"

namespace octet::test {
namespace {

using ::testing::HasSubstr;

const Dim height = Dim::symbol("height");
const Dim width = Dim::symbol("width");

Window window(std::vector<int64_t> kernel, int64_t stride, int64_t pad) {
  const size_t rank = kernel.size();
  Window made;
  made.kernel = std::move(kernel);
  made.strides.assign(rank, stride);
  made.dilations.assign(rank, 1);
  made.begins.assign(rank, pad);
  made.ends.assign(rank, pad);
  return made;
}

ConvAttrs conv(std::vector<int64_t> kernel, int64_t stride = 1, int64_t pad = 0) {
  return {.window = window(std::move(kernel), stride, pad)};
}

TEST(Conv, ExtentsFollowFromWindows) {
  EXPECT_EQ(inferred_text(conv({3, 3}, 1, 1), {f32({batch, 3, height, width}), f32({8, 3, 3, 3})}),
            "float32[batch, 8, height, width]");
  EXPECT_EQ(inferred_text(conv({7, 7}, 2, 3), {f32({batch, 3, height, 224}), f32({64, 3, 7, 7})}),
            "float32[batch, 64, floor_div(1 + height, 2), 112]");
  EXPECT_EQ(inferred_text(conv({16, 16}, 16), {f32({1, 3, height, 32}), f32({8, 3, 16, 16})}),
            "float32[1, 8, floor_div(height, 16), 2]");
  ConvAttrs dilated = conv({3}, 1, 0);
  dilated.window.dilations = {4};
  EXPECT_EQ(inferred_text(dilated, {f32({1, 2, 20}), f32({5, 2, 3})}), "float32[1, 5, 12]");
  ConvAttrs same = conv({3, 3}, 2);
  same.window.padding = Padding::kSameUpper;
  EXPECT_EQ(inferred_text(same, {f32({1, 2, 7, height}), f32({5, 2, 3, 3})}),
            "float32[1, 5, 4, floor_div(1 + height, 2)]");
}

TEST(Conv, RefusesWhatDoesNotFit) {
  const TypeInfo src = f32({batch, 4, 8, 8}), weights = f32({6, 4, 3, 3});
  EXPECT_THAT(error_text(conv({3, 3}), {f32({batch, 5, 8, 8}), weights}),
              HasSubstr("axis 1 of input 0 is 5, expected 4"));
  EXPECT_THAT(error_text(conv({3}), {src, weights}), HasSubstr("expected one per spatial axis, 2"));
  EXPECT_THAT(error_text(conv({3, 2}), {src, weights}), HasSubstr("kernel extent 1 to be 2"));
  EXPECT_THAT(error_text(conv({3, 3}, 0), {src, weights}), HasSubstr("stride 0 is 0"));
  EXPECT_THAT(error_text(conv({3, 3}, 1, -1), {src, weights}), HasSubstr("begin pad 0 is -1"));
  EXPECT_THAT(error_text(conv({3, 3}), {src, weights, f32({5})}),
              HasSubstr("axis 0 of input 2 is 5, expected 6"));
  EXPECT_EQ(inferred_text(conv({8, 8}), {src, f32({6, 4, 8, 8})}), "float32[batch, 6, 1, 1]");
  EXPECT_THAT(error_text(conv({9, 9}), {src, f32({6, 4, 9, 9})}),
              HasSubstr("under a window of 9 elements is 8"));
  EXPECT_EQ(inferred_text(conv({1, 1}), {f32({1, 4, 0, 8}), f32({6, 4, 1, 1})}),
            "float32[1, 6, 0, 8]");
  ConvAttrs grouped = conv({3, 3});
  grouped.groups = 4;
  EXPECT_THAT(error_text(grouped, {src, f32({6, 1, 3, 3})}), HasSubstr("multiple of the 4 groups"));
  EXPECT_EQ(inferred_text(grouped, {src, f32({8, 1, 3, 3})}), "float32[batch, 8, 6, 6]");
  EXPECT_EQ(check_count(conv({3, 3}), {f32({1, height, 8, 8}), weights}), 1u);
  EXPECT_THAT(error_text(conv({3, 3}), {src, weights, absent(), f32({batch, 6, 6, 5})}),
              HasSubstr("axis 3 of input 3 is 5, expected 6"));
}

TEST(ConvTranspose, ExtentsGrow) {
  ConvTransposeAttrs attrs{window({4, 4}, 2, 1), {0, 1}, 1};
  EXPECT_EQ(inferred_text(attrs, {f32({batch, 3, height, 5}), f32({3, 6, 4, 4}), f32({6})}),
            "float32[batch, 6, 2*height, 11]");
  EXPECT_THAT(error_text(attrs, {f32({batch, 4, 5, 5}), f32({3, 6, 4, 4})}),
              HasSubstr("axis 1 of input 0 is 4, expected 3"));
}

TEST(Pool, CeilModeAddsAWindowThatStartsInside) {
  PoolAttrs pool{.function = PoolFunction::kMax, .window = window({2, 2}, 2, 0)};
  EXPECT_EQ(inferred_text(pool, {f32({batch, 3, 5, height})}),
            "float32[batch, 3, 2, floor_div(height, 2)]");
  pool.window.ceil_mode = true;
  EXPECT_EQ(inferred_text(pool, {f32({batch, 3, 5, 6})}), "float32[batch, 3, 3, 3]");
  // A window of 1 in steps of 3 over 5 elements and one of padding: 0, 3 and not 6.
  PoolAttrs sparse{.function = PoolFunction::kAverage, .window = window({1}, 3, 0)};
  sparse.window.ceil_mode = true;
  sparse.window.ends = {2};
  EXPECT_EQ(inferred_text(sparse, {f32({1, 1, 5})}), "float32[1, 1, 2]");
  pool.indices = true;
  auto outputs = infer_with(pool, {f32({batch, 3, 5, 6})});
  ASSERT_TRUE(outputs.is_ok());
  EXPECT_EQ(to_string((*outputs)[1]), "int64[batch, 3, 3, 3]");
}

TEST(Window, SamePaddingDependsOnTheExtent) {
  Window same = window({3}, 2, 0);
  same.padding = Padding::kSameUpper;
  const auto pads = [&](int64_t extent) {
    const PadPair pair = pads_of(same, 0, extent);
    return std::pair(pair.begin, pair.end);
  };
  EXPECT_EQ(pads(6), std::make_pair(int64_t{0}, int64_t{1}));
  EXPECT_EQ(pads(7), std::make_pair(int64_t{1}, int64_t{1}));
  same.padding = Padding::kSameLower;
  EXPECT_EQ(pads(6), std::make_pair(int64_t{1}, int64_t{0}));
  same.kernel = {1};
  EXPECT_EQ(pads(6), std::make_pair(int64_t{0}, int64_t{0}));
}

TEST(Pad, AddsToExtents) {
  const PadAttrs pad{PadMode::kReflect, {0, 1}, {0, seq}};
  EXPECT_EQ(inferred_text(pad, {f32({batch, 4})}), "float32[batch, 5 + seq]");
  EXPECT_EQ(check_count(pad, {f32({batch, 4})}), 0u);  // seq is no negative number
  EXPECT_THAT(error_text(PadAttrs{PadMode::kConstant, {-1}, {0}}, {f32({4})}),
              HasSubstr("pads axis 0 with -1 and 0 elements"));
  EXPECT_THAT(error_text(PadAttrs{PadMode::kEdge, {1}, {0}}, {f32({0})}), HasSubstr("to repeat"));
  EXPECT_THAT(error_text(PadAttrs{PadMode::kConstant, {1}, {0}}, {f32({4}), i64({})}),
              HasSubstr("float32 as input 0 is"));
}

TEST(Resize, TakesItsShape) {
  ResizeAttrs attrs{.mode = ResizeMode::kLinear, .shape = {batch, 8}, .scales = {0, 2}};
  EXPECT_EQ(inferred_text(attrs, {f32({batch, 4})}), "float32[batch, 8]");
  EXPECT_EQ(inferred_text(attrs, {i64({batch, 4})}), "int64[batch, 8]");
  EXPECT_THAT(error_text(attrs, {f32({batch, 0})}), HasSubstr("to sample along axis 1"));
  attrs.scales = {0, -1};
  EXPECT_THAT(error_text(attrs, {f32({batch, 4})}), HasSubstr("scale 1 is"));
}

TEST(ArgReduce, GivesIndices) {
  EXPECT_EQ(inferred_text(ArgReduceAttrs{.axis = 1}, {f32({batch, seq})}), "int64[batch, 1]");
  EXPECT_EQ(inferred_text(ArgReduceAttrs{.axis = 0, .keep_dims = false}, {f32({batch, seq})}),
            "int64[seq]");
  EXPECT_THAT(error_text(ArgReduceAttrs{.axis = 2}, {f32({batch, seq})}), HasSubstr("rank above"));
}

}  // namespace
}  // namespace octet::test
