// How a number of rows is put together from the heights that primitives exist for.
#pragma once

#include <cassert>
#include <cstdint>

#include "kernels/api/tile_heights.h"

namespace octet::cpu::onednn {

// Rows [0, height of first) and, where `second` is not negative, [rows - height of second, rows).
// The two may overlap: rows computed twice get the same sums, and no row outside [0, rows) is read
// or written.
struct RowSplit {
  int first = 0;  // index into kTileHeights
  int second = -1;
};

// Precondition: 1 <= rows <= kMaxTileRows. The greatest height that fits, and the least that covers
// the rest.
constexpr RowSplit split_rows(int64_t rows) {
  assert(rows >= 1 && rows <= kMaxTileRows);
  RowSplit split;
  for (int i = 0; i < static_cast<int>(kTileHeights.size()); ++i)
    if (kTileHeights[static_cast<size_t>(i)] <= rows) split.first = i;
  const int64_t rest = rows - kTileHeights[static_cast<size_t>(split.first)];
  if (rest == 0) return split;
  for (split.second = 0; kTileHeights[static_cast<size_t>(split.second)] < rest;) ++split.second;
  return split;
}

}  // namespace octet::cpu::onednn
