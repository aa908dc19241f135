// How many rows a thread takes through a region at a time.
#pragma once

#include <cstdint>

namespace octet {

// The height (one of kTileHeights) for `rows` rows on `threads` threads: the one whose slowest
// thread is done first, counting padded rows and a fixed cost per tile; the greatest among equals.
// Precondition: rows >= 1, threads >= 1.
int64_t choose_tile_rows(int64_t rows, int threads);

// Whether threads should share the columns of a region's linear layers, with a join after each,
// rather than its rows: where each would have few rows, every one of them reads all weights to do
// little with them. `least_parts`: of the linear layer of the region that splits into fewest, 0 if
// there is none.
bool choose_columns(int64_t rows, int threads, int64_t least_parts);

}  // namespace octet
