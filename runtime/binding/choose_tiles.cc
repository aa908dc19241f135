// Cost model of tile heights.
#include "runtime/binding/choose_tiles.h"

#include <algorithm>
#include <iterator>

#include "kernels/api/tile_heights.h"

namespace octet {
namespace {

// Reading the weights from cache costs a tile about as much as this many rows do (measured: int8
// products of 768 x 768 run at 88 % of peak with 16 rows and at 97 % with 64).
constexpr int64_t kTileOverheadRows = 3;

int64_t padded(int64_t rows) {
  return *std::lower_bound(std::begin(kTileHeights), std::end(kTileHeights), rows);
}

// Rows' worth of time until the slowest of `threads` threads is done.
int64_t makespan(int64_t rows, int64_t height, int64_t threads) {
  const int64_t full = rows / height, rest = rows % height;
  const int64_t full_cost = height + kTileOverheadRows;
  const int64_t rounds = full / threads * full_cost;
  const int64_t over = full % threads;  // threads that take one more full tile
  const int64_t rest_cost = rest == 0 ? 0 : padded(rest) + kTileOverheadRows;
  if (over == 0) return rounds + rest_cost;
  return rounds + std::max(full_cost, over < threads ? rest_cost : full_cost + rest_cost);
}

}  // namespace

bool choose_columns(int64_t rows, int threads, int64_t least_parts) {
  constexpr int64_t kFewRows = 8;  // per thread
  return threads > 1 && rows <= kFewRows * threads && rows <= 64 && least_parts >= threads;
}

int64_t choose_tile_rows(int64_t rows, int threads) {
  int64_t best = 1, best_cost = makespan(rows, 1, threads);
  for (int64_t height : kTileHeights) {
    if (height >= 2 * rows) break;  // the last tile alone would be padded less
    const int64_t cost = makespan(rows, height, threads);
    if (cost <= best_cost) {
      best = height;
      best_cost = cost;
    }
  }
  return best;
}

}  // namespace octet
