// The product of packed weights and a panel of patches.
#include "kernels/cpu/convolution/convolution_block.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/convolution/convolution_block.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using cpu::ConvTile;
using cpu::kTileRows;
using cpu::kTileVector;

using F32 = hn::CappedTag<float, static_cast<size_t>(kTileVector)>;
using VecF32 = hn::Vec<F32>;
constexpr int64_t kLanes = hn::MaxLanes(F32());
constexpr int kVectors = 3;
constexpr int kRowsAtOnce = kLanes == 16 ? 8 : 4;  // 24 of 32 registers, or 12 of 16

// All vectors of a tile but the last are whole, which `last` masks.
template <int rows, int vectors>
HWY_INLINE void multiply(const ConvTile& tile, int64_t row, int64_t column, int64_t pitch) {
  const F32 d;
  constexpr int kLast = vectors - 1;
  const auto last =
      hn::FirstN(d, static_cast<size_t>(std::min(tile.columns - column - kLast * kLanes, kLanes)));
  const int64_t stride = tile.row_stride;
  float* dst = tile.dst + row * stride + column;
  VecF32 sums[rows][vectors];
  if (tile.first) {
    for (int r = 0; r < rows; ++r)
      for (int v = 0; v < vectors; ++v)
        sums[r][v] = hn::Set(d, tile.bias == nullptr ? 0.0f : tile.bias[row + r]);
  } else {
    for (int r = 0; r < rows; ++r) {
      for (int v = 0; v < kLast; ++v) sums[r][v] = hn::LoadU(d, dst + r * stride + v * kLanes);
      sums[r][kLast] = hn::MaskedLoad(last, d, dst + r * stride + kLast * kLanes);
    }
  }
  const float* weights = tile.weights + row;
  const float* panel = tile.panel + column;
  for (int64_t k = 0; k < tile.depth; ++k, weights += kTileRows, panel += pitch) {
    VecF32 patch[vectors];
    for (int v = 0; v < vectors; ++v) patch[v] = hn::LoadU(d, panel + v * kLanes);
    for (int r = 0; r < rows; ++r) {
      const VecF32 weight = hn::Set(d, weights[r]);
      for (int v = 0; v < vectors; ++v) sums[r][v] = hn::MulAdd(weight, patch[v], sums[r][v]);
    }
  }
  if (tile.last && tile.residual != nullptr) {
    const float* residual = tile.residual + row * stride + column;
    for (int r = 0; r < rows; ++r) {
      for (int v = 0; v < kLast; ++v)
        sums[r][v] = hn::Add(sums[r][v], hn::LoadU(d, residual + r * stride + v * kLanes));
      sums[r][kLast] =
          hn::Add(sums[r][kLast], hn::MaskedLoad(last, d, residual + r * stride + kLast * kLanes));
    }
  }
  if (tile.last && tile.relu)
    for (int r = 0; r < rows; ++r)
      for (int v = 0; v < vectors; ++v) sums[r][v] = hn::Max(hn::Zero(d), sums[r][v]);
  for (int r = 0; r < rows; ++r) {
    for (int v = 0; v < kLast; ++v) hn::StoreU(sums[r][v], d, dst + r * stride + v * kLanes);
    hn::BlendedStore(sums[r][kLast], last, d, dst + r * stride + kLast * kLanes);
  }
}

template <int vectors>
HWY_INLINE void multiply_rows(const ConvTile& tile, int64_t column, int64_t pitch) {
  int64_t row = 0;
  for (; row + kRowsAtOnce <= tile.rows; row += kRowsAtOnce)
    multiply<kRowsAtOnce, vectors>(tile, row, column, pitch);
  if constexpr (kRowsAtOnce == 8)
    if (row + 4 <= tile.rows) multiply<4, vectors>(tile, row, column, pitch), row += 4;
  if (row + 2 <= tile.rows) multiply<2, vectors>(tile, row, column, pitch), row += 2;
  if (row < tile.rows) multiply<1, vectors>(tile, row, column, pitch);
}

void multiply_columns(const ConvTile& tile) {
  const int64_t pitch = (tile.columns + kTileVector - 1) / kTileVector * kTileVector;
  int64_t vectors = (tile.columns + kLanes - 1) / kLanes;
  for (int64_t column = 0; vectors > 0; column += kVectors * kLanes, vectors -= kVectors) {
    if (vectors >= 3)
      multiply_rows<3>(tile, column, pitch);
    else if (vectors == 2)
      multiply_rows<2>(tile, column, pitch);
    else
      multiply_rows<1>(tile, column, pitch);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {

HWY_EXPORT(multiply_columns);

void multiply_tile(const ConvTile& tile) { HWY_DYNAMIC_DISPATCH(multiply_columns)(tile); }

void pack_tile(const float* weights, int64_t row_stride, int64_t rows, int64_t k_count, float* to) {
  for (int64_t k = 0; k < k_count; ++k)
    for (int64_t r = 0; r < kTileRows; ++r) *to++ = r < rows ? weights[r * row_stride + k] : 0.0f;
}

}  // namespace octet::cpu
#endif  // HWY_ONCE
