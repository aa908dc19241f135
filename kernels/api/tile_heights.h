// The numbers of rows that linear kernels are made for: what a region's tiles are cut to.
#pragma once

#include <array>
#include <cstdint>

namespace octet {

// Ascending. A tile of another height costs a kernel as much as the next one here, or two of them.
inline constexpr std::array<int64_t, 9> kTileHeights = {1, 2, 4, 8, 16, 24, 32, 48, 64};
// No tile is higher; kernels compute more rows block by block.
inline constexpr int64_t kMaxTileRows = kTileHeights.back();

}  // namespace octet
