// f32 products on every CPU, in Highway.
#include "kernels/cpu/linear/linear_f32.h"

#include "kernels/cpu/linear/convert.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/linear/linear_f32.cc"
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
using DF32 = hn::CappedTag<float, kBlockColumns>;
using Sum = hn::Vec<DF32>;

constexpr int kVectors = static_cast<int>(kBlockColumns / hn::MaxLanes(DF32()));  // of a block

// Sums of kRows rows over kBlocks blocks of columns, of which the first `columns` columns exist.
template <int kRows, int kBlocks>
HWY_INLINE void multiply_blocks(const BlockedPanel& panel, int64_t row, int64_t block,
                                int64_t columns) {
  const DF32 d;
  Sum sums[kRows][kBlocks * kVectors];
  for (auto& of_row : sums)
    for (Sum& sum : of_row) sum = hn::Zero(d);
  const float* src[kRows];
  for (int r = 0; r < kRows; ++r)
    src[r] = reinterpret_cast<const float*>(panel.src + (row + r) * panel.row_bytes);
  const int64_t block_elements = panel.k * kBlockColumns;
  const auto* weights = reinterpret_cast<const float*>(panel.weights) + block * block_elements;
  for (int64_t k = 0; k < panel.k; ++k, weights += kBlockColumns) {
    Sum column[kBlocks * kVectors];
    for (int v = 0; v < kBlocks * kVectors; ++v)
      column[v] = hn::LoadU(d, weights + v / kVectors * block_elements +
                                   static_cast<int64_t>(hn::Lanes(d)) * (v % kVectors));
    for (int r = 0; r < kRows; ++r) {
      const Sum x = hn::Set(d, src[r][k]);
      for (int v = 0; v < kBlocks * kVectors; ++v)
        sums[r][v] = hn::MulAdd(x, column[v], sums[r][v]);
    }
  }
  auto* acc = reinterpret_cast<float*>(panel.acc) + row * panel.columns + block * kBlockColumns;
  for (int r = 0; r < kRows; ++r, acc += panel.columns) {
    for (size_t v = 0; v < kBlocks * kVectors; ++v) {
      const size_t start = v * hn::Lanes(d), end = static_cast<size_t>(columns);
      if (start < end) hn::StoreN(sums[r][v], d, acc + start, end - start);
    }
  }
}

template <int kBlocks>
HWY_INLINE void multiply_rows(const BlockedPanel& panel, int64_t block, int64_t columns) {
  constexpr int kMost = kVectors == 1 ? 8 : 6;
  int64_t row = 0;
  for (; row + kMost <= panel.rows; row += kMost)
    multiply_blocks<kMost, kBlocks>(panel, row, block, columns);
  for (; row + 2 <= panel.rows; row += 2) multiply_blocks<2, kBlocks>(panel, row, block, columns);
  if (row < panel.rows) multiply_blocks<1, kBlocks>(panel, row, block, columns);
}

// AVX2: six rows of two vectors fill the 16 registers. AVX-512: eight rows of two vectors, each of
// a block of its own, are enough chains for two units and load less than they multiply.
void multiply_f32(const BlockedPanel& panel) {
  constexpr int64_t kWide = kVectors == 1 ? 2 * kBlockColumns : kBlockColumns;
  for (int64_t first = 0; first < panel.columns; first += kWide) {
    const int64_t block = first / kBlockColumns, columns = std::min(panel.columns - first, kWide);
    if (columns > kBlockColumns)
      multiply_rows<2>(panel, block, columns);
    else
      multiply_rows<1>(panel, block, columns);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {
namespace {

HWY_EXPORT(multiply_f32);

}  // namespace

void multiply_blocked_f32(const BlockedPanel& panel) { HWY_DYNAMIC_DISPATCH(multiply_f32)(panel); }

namespace {

// Weights are codes, which become floats in the scratch memory.
void multiply_codes(const BlockedPanel& panel) {
  const int64_t blocks = (panel.columns + kBlockColumns - 1) / kBlockColumns;
  codes_to_floats(reinterpret_cast<const int8_t*>(panel.weights),
                  reinterpret_cast<float*>(panel.scratch),
                  static_cast<size_t>(blocks * panel.k * kBlockColumns));
  BlockedPanel widened = panel;
  widened.weights = panel.scratch;
  multiply_blocked_f32(widened);
}

}  // namespace

Result<std::unique_ptr<LinearProducts>> make_highway_products(const PlainWeights& weights) {
  return std::unique_ptr<LinearProducts>(
      std::make_unique<BlockedProducts<float, 1>>(weights, kHighwayLayout, multiply_blocked_f32));
}

Result<std::unique_ptr<LinearProducts>> make_highway_code_products(const PlainWeights& weights) {
  const ColumnPanels panels = make_code_panels(weights.n, weights.k, sizeof(float));
  const int64_t blocks = (panels.columns(0) + kBlockColumns - 1) / kBlockColumns;
  return std::unique_ptr<LinearProducts>(std::make_unique<BlockedProducts<int8_t, 1>>(
      weights, panels, kHighwayCodesLayout, multiply_codes,
      static_cast<size_t>(blocks * kBlockColumns * weights.k) * sizeof(float)));
}

}  // namespace octet::cpu
#endif  // HWY_ONCE
