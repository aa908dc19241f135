// Which movement ops are views, and what their strides are.
#include "runtime/program/layout.h"

#include <gtest/gtest.h>

namespace octet {
namespace {

const Dim b = Dim::symbol("batch"), s = Dim::symbol("seq");

Layout plain(const SymbolicShape& shape) { return {0, 0, contiguous_strides(shape)}; }

TEST(Layout, HeadsOfAMergedProjectionAreAView) {
  const SymbolicShape merged{b, s, 3 * 64};
  const SliceAttrs slice{{0, 0, 64}, {b, s, 64}, {1, 1, 1}};
  const auto key = view_of(slice, merged, plain(merged), {b, s, 64});
  ASSERT_TRUE(key);
  EXPECT_EQ(key->offset, Dim(64));
  const SymbolicShape heads{b, s, 4, 16};
  const auto split = view_of(ReshapeAttrs{heads}, {b, s, 64}, *key, heads);
  ASSERT_TRUE(split);
  EXPECT_EQ(split->strides, (std::vector<Dim>{s * Dim(192), 192, 16, 1}));
  const auto turned = view_of(TransposeAttrs{{0, 2, 1, 3}}, heads, *split, {b, 4, s, 16});
  ASSERT_TRUE(turned);
  EXPECT_EQ(turned->strides, (std::vector<Dim>{s * Dim(192), 16, 192, 1}));
}

TEST(Layout, MergingTransposedAxesNeedsACopy) {
  const SymbolicShape heads{b, 4, s, 16};
  const Layout turned{0, 0, {s * Dim(64), 16, 64, 1}};  // of [b, s, 4, 16]
  const SymbolicShape merged{b, s * Dim(64)};
  EXPECT_FALSE(view_of(ReshapeAttrs{merged}, heads, turned, merged));
}

TEST(Layout, ReshapeMergesAndSplitsSymbolicAxes) {
  const SymbolicShape from{b, s, 64}, to{b * s, 64};
  EXPECT_TRUE(view_of(ReshapeAttrs{to}, from, plain(from), to));
  EXPECT_TRUE(view_of(ReshapeAttrs{from}, to, plain(to), from));
}

TEST(Layout, ExpandHasStrideZeroAndSliceMayStepBack) {
  const auto expanded = view_of(ExpandAttrs{{b, 4, s}}, {b, 1, s}, plain({b, 1, s}), {b, 4, s});
  ASSERT_TRUE(expanded);
  EXPECT_EQ(expanded->strides[1], Dim(0));
  const auto reversed = view_of(SliceAttrs{{9}, {10}, {-1}}, {10}, plain({10}), {10});
  ASSERT_TRUE(reversed);
  EXPECT_EQ(reversed->offset, Dim(9));
  EXPECT_EQ(reversed->strides[0], Dim(-1));
  // Whether an extent is broadcast is not known before the symbols are: a copy.
  EXPECT_FALSE(view_of(ExpandAttrs{{b}}, {s}, plain({s}), {b}));
}

TEST(Layout, RowsOfValues) {
  const auto whole = row_layout({b, s, 64}, plain({b, s, 64}), b * s);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->columns, Dim(64));
  const auto ids = row_layout({b, s}, plain({b, s}), b * s);
  ASSERT_TRUE(ids);
  EXPECT_EQ(ids->columns, Dim(1));
  const Layout slice{0, 64, {s * Dim(192), 192, 1}};
  const auto part = row_layout({b, s, 64}, slice, b * s);
  ASSERT_TRUE(part);
  EXPECT_EQ(part->columns, Dim(64));
  EXPECT_EQ(part->row_stride, Dim(192));
  EXPECT_FALSE(row_layout({b, 4, s, 16}, {0, 0, {s * Dim(64), 16, 64, 1}}, b * Dim(4) * s));
}

}  // namespace
}  // namespace octet
