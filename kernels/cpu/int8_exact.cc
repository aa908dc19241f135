// int8 products that are exact on every CPU, in Highway.
#include "kernels/cpu/int8_exact.h"

#include <cstring>

#include "kernels/cpu/linear_blocked.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/int8_exact.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using cpu::BlockedPanel;
using cpu::kBlockColumns;

// At most 16 lanes, so that a block of columns is a whole number of vectors.
using DI32 = hn::CappedTag<int32_t, kBlockColumns>;
using DU8 = hn::Repartition<uint8_t, DI32>;
using DI8 = hn::Repartition<int8_t, DI32>;
using Sum = hn::Vec<DI32>;

constexpr int kVectors = static_cast<int>(kBlockColumns / hn::MaxLanes(DI32()));  // of a block
constexpr int64_t kDepth = 4;  // codes of one s32 lane

// Four codes from `depth` on, in every lane; zeros beyond K.
HWY_INLINE hn::Vec<DU8> broadcast_codes(const std::byte* row, int64_t depth, int64_t k) {
  int32_t codes = 0;
  if (depth + kDepth <= k)
    std::memcpy(&codes, row + depth, kDepth);
  else
    std::memcpy(&codes, row + depth, static_cast<size_t>(k - depth));
  return hn::BitCast(DU8(), hn::Set(DI32(), codes));
}

// Sums of kRows rows over one block of columns, of which the first `columns` exist.
template <int kRows>
HWY_INLINE void multiply_block(const BlockedPanel& panel, int64_t row, int64_t block,
                               int64_t columns) {
  const DI32 di;
  const DI8 di8;
  Sum sums[kRows][kVectors];
  for (auto& of_row : sums)
    for (Sum& sum : of_row) sum = hn::Zero(di);
  const std::byte* src = panel.src + row * panel.row_bytes;
  const int64_t depths = (panel.k + kDepth - 1) / kDepth * kDepth;
  const auto* weights =
      reinterpret_cast<const int8_t*>(panel.weights) + block * depths * kBlockColumns;
  for (int64_t depth = 0; depth < depths; depth += kDepth, weights += kDepth * kBlockColumns) {
    hn::Vec<DI8> codes[kVectors];
    for (size_t v = 0; v < kVectors; ++v) codes[v] = hn::LoadU(di8, weights + v * hn::Lanes(di8));
    for (int r = 0; r < kRows; ++r) {
      const auto row_codes = broadcast_codes(src + r * panel.row_bytes, depth, panel.k);
      for (int v = 0; v < kVectors; ++v)
        sums[r][v] = hn::SumOfMulQuadAccumulate(di, row_codes, codes[v], sums[r][v]);
    }
  }
  auto* acc = reinterpret_cast<int32_t*>(panel.acc) + row * panel.columns + block * kBlockColumns;
  for (int r = 0; r < kRows; ++r, acc += panel.columns) {
    for (size_t v = 0; v < kVectors; ++v) {
      const size_t lanes = hn::Lanes(di), start = v * lanes, end = static_cast<size_t>(columns);
      if (start < end) hn::StoreN(sums[r][v], di, acc + start, end - start);
    }
  }
}

void multiply_int8(const BlockedPanel& panel) {
  for (int64_t first = 0; first < panel.columns; first += kBlockColumns) {
    const int64_t block = first / kBlockColumns,
                  columns = std::min(panel.columns - first, kBlockColumns);
    int64_t row = 0;
    for (; row + 4 <= panel.rows; row += 4) multiply_block<4>(panel, row, block, columns);
    for (; row < panel.rows; ++row) multiply_block<1>(panel, row, block, columns);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {
namespace {

HWY_EXPORT(multiply_int8);

void multiply(const BlockedPanel& panel) { HWY_DYNAMIC_DISPATCH(multiply_int8)(panel); }

}  // namespace

Result<std::unique_ptr<LinearProducts>> make_exact_products(const PlainWeights& weights) {
  return std::unique_ptr<LinearProducts>(
      std::make_unique<BlockedProducts<int8_t, 4>>(weights, "octet:N16k4", multiply));
}

}  // namespace octet::cpu
#endif  // HWY_ONCE
