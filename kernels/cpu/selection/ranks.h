// Elements as integers in the order in which TopK takes them, and the best of many.
#pragma once

#include <cstdint>

#include "runtime/core/dtype.h"
#include "runtime/core/heartbeat.h"

namespace octet::cpu {

// A rank is larger for an element that comes first: its key above, and below the index, turned
// round, so that of equal elements the first comes first. A line has less than 2^32 elements.
using Rank = uint64_t;
constexpr Rank make_rank(int32_t key, int64_t index) {
  return uint64_t{static_cast<uint32_t>(key) ^ 0x80000000u} << 32 |
         (0xFFFFFFFFu - static_cast<uint32_t>(index));
}
constexpr int64_t rank_index(Rank rank) { return 0xFFFFFFFFu - (rank & 0xFFFFFFFFu); }
constexpr int32_t rank_key(Rank rank) {
  return static_cast<int32_t>(static_cast<uint32_t>(rank >> 32) ^ 0x80000000u);
}

struct KeyOrder {
  DType dtype;   // f32 or i32
  bool largest;  // else the smallest
};
// The keys of `count` neighbouring elements: a larger key comes first. A NaN is larger than any
// number, and -0 equal to 0.
void make_keys(const KeyOrder& order, const std::byte* src, int64_t count, int32_t* keys);
// The first of `count` such elements, from `begin` on, whose block of kKeyBlock has a key above
// `least`: the begin of that block, whose keys are then in `keys`; `count` where there is none.
// `begin` and `count` are multiples of kKeyBlock, `keys` has room for one.
inline constexpr int64_t kKeyBlock = 64;
int64_t find_keys_above(const KeyOrder& order, const std::byte* src, int64_t begin, int64_t count,
                        int32_t least, int32_t* keys);

// Puts ranks that are in the order of their indices in their own, the largest first. `spare` has
// room for as many.
void sort_ranks(Heartbeat& beat, Rank* ranks, int64_t count, Rank* spare);

}  // namespace octet::cpu
