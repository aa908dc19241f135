// The tile heights of typical row counts, and that no choice is far from the best possible.
#include "runtime/binding/choose_tiles.h"

#include <gtest/gtest.h>

#include "kernels/api/tile_heights.h"

namespace octet {
namespace {

TEST(ChooseTiles, TypicalEncoders) {
  EXPECT_EQ(choose_tile_rows(1, 2), 1);
  EXPECT_EQ(choose_tile_rows(16, 2), 8);
  EXPECT_EQ(choose_tile_rows(128, 2), 64);
  EXPECT_EQ(choose_tile_rows(128, 1), 64);
  EXPECT_EQ(choose_tile_rows(384, 2), 64);
  EXPECT_EQ(choose_tile_rows(4096, 2), 64);
  EXPECT_EQ(choose_tile_rows(48, 2), 24);
}

TEST(ChooseTiles, IsAlwaysAHeightThatKernelsHave) {
  for (int threads : {1, 2, 3, 8, 64})
    for (int64_t rows = 1; rows < 600; ++rows) {
      const int64_t height = choose_tile_rows(rows, threads);
      EXPECT_NE(std::find(std::begin(kTileHeights), std::end(kTileHeights), height),
                std::end(kTileHeights));
    }
}

TEST(ChooseTiles, KeepsManyThreadsBusy) {
  for (int threads : {2, 4, 8})
    for (int64_t rows : {64, 128, 512, 4096}) {
      const int64_t height = choose_tile_rows(rows, threads);
      EXPECT_GE((rows + height - 1) / height, threads)
          << rows << " rows, " << threads << " threads";
    }
}

TEST(ChooseColumns, OnlyForFewRowsAndLayersThatSplit) {
  EXPECT_TRUE(choose_columns(16, 2, 2));
  EXPECT_TRUE(choose_columns(1, 2, 4));
  EXPECT_FALSE(choose_columns(17, 2, 2));  // more than 8 rows a thread
  EXPECT_FALSE(choose_columns(16, 2, 1));  // a layer in one part
  EXPECT_FALSE(choose_columns(16, 2, 0));  // no linear layer
  EXPECT_FALSE(choose_columns(1, 1, 8));
  EXPECT_FALSE(choose_columns(65, 64, 64));  // more rows than a tile has
}

}  // namespace
}  // namespace octet
