// Products of states and packed weights, in Highway.
#include "kernels/cpu/recurrent/recurrent_products.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/recurrent/recurrent_products.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using cpu::kPassUnits;
using cpu::kUnitBlock;
using cpu::RecurrentProduct;

// At most 16 lanes, so that a block of units is a whole number of vectors.
using DF32 = hn::CappedTag<float, kUnitBlock>;
using Sum = hn::Vec<DF32>;

constexpr int kVectors = static_cast<int>(kUnitBlock / hn::MaxLanes(DF32()));  // of a block

// kRows rows from `row` on times kBlocks blocks from `block` on.
template <int kRows, int kBlocks>
HWY_INLINE void multiply_tile(const RecurrentProduct& product, int64_t row, int64_t block) {
  const DF32 d;
  constexpr int kColumns = kBlocks * kVectors;
  Sum sums[kRows][kColumns];
  for (auto& of_row : sums)
    for (Sum& sum : of_row) sum = hn::Zero(d);
  const float* src = product.src + row * product.src_stride;
  const float* weights = product.weights + block * product.k * kUnitBlock;
  const int64_t block_stride = product.k * kUnitBlock;
  for (int64_t k = 0; k < product.k; ++k) {
    Sum columns[kColumns];
    for (int b = 0; b < kBlocks; ++b)
      for (int v = 0; v < kVectors; ++v)
        columns[b * kVectors + v] = hn::LoadU(d, weights + b * block_stride + k * kUnitBlock +
                                                     v * static_cast<int>(hn::MaxLanes(DF32())));
    for (int r = 0; r < kRows; ++r) {
      const Sum x = hn::Set(d, src[r * product.src_stride + k]);
      for (int c = 0; c < kColumns; ++c) sums[r][c] = hn::MulAdd(x, columns[c], sums[r][c]);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int b = 0; b < kBlocks; ++b) {
      const int64_t gate = (block + b) % product.gates, unit = (block + b) / product.gates;
      float* dst =
          product.dst + ((row + r) * product.gates + gate) * kPassUnits + unit * kUnitBlock;
      for (int v = 0; v < kVectors; ++v)
        hn::StoreU(sums[r][b * kVectors + v], d, dst + v * static_cast<int>(hn::MaxLanes(DF32())));
    }
  }
}

// All blocks for kRows rows, kBlocks at a time.
template <int kRows, int kBlocks>
HWY_INLINE void multiply_rows(const RecurrentProduct& product) {
  int64_t block = 0;
  for (; block + kBlocks <= product.blocks; block += kBlocks)
    multiply_tile<kRows, kBlocks>(product, 0, block);
  for (; block < product.blocks; ++block) multiply_tile<kRows, 1>(product, 0, block);
}

// Some blocks for all rows, which find them in L1: in tiles of 3 to 6 rows, as even as can be.
template <int kBlocks>
HWY_INLINE void multiply_blocks(const RecurrentProduct& product, int64_t block) {
  int64_t tiles = (product.rows + 5) / 6;
  for (int64_t row = 0; row < product.rows; --tiles) {
    const int64_t rows = (product.rows - row + tiles - 1) / tiles;
    switch (rows) {
      case 6:
        multiply_tile<6, kBlocks>(product, row, block);
        break;
      case 5:
        multiply_tile<5, kBlocks>(product, row, block);
        break;
      case 4:
        multiply_tile<4, kBlocks>(product, row, block);
        break;
      default:
        multiply_tile<3, kBlocks>(product, row, block);
        break;
    }
    row += rows;
  }
}

// Tiles of about twelve sums hide the latency of their chains and fit the registers.
void multiply(const RecurrentProduct& product) {
  constexpr int kWide = 2 / kVectors;  // blocks that make two vectors
  if (product.rows == 1) return multiply_rows<1, 4 * kWide>(product);
  if (product.rows == 2) return multiply_rows<2, 2 * kWide>(product);
  int64_t block = 0;
  for (; block + kWide <= product.blocks; block += kWide) multiply_blocks<kWide>(product, block);
  for (; block < product.blocks; ++block) multiply_blocks<1>(product, block);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {

HWY_EXPORT(multiply);

void multiply_states(const RecurrentProduct& product) { HWY_DYNAMIC_DISPATCH(multiply)(product); }

}  // namespace octet::cpu
#endif  // HWY_ONCE
