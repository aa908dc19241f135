// int8 products that are exact on every CPU, in Highway.
#include "kernels/cpu/linear/int8_exact.h"

#include <cstring>

#include "kernels/cpu/linear/linear_blocked.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/linear/int8_exact.cc"
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
using Sum = hn::Vec<DI32>;

constexpr int64_t kLanes = hn::MaxLanes(DI32());
constexpr int64_t kDepth = 4;  // codes of a column that stand together

int64_t padded_depth(int64_t k) { return (k + kDepth - 1) / kDepth * kDepth; }

// Writes the sums of kLanes columns from `column` on, as many of them as exist.
HWY_INLINE void store_sums(const BlockedPanel& panel, int64_t row, int64_t column, Sum sums) {
  auto* acc = reinterpret_cast<int32_t*>(panel.acc) + row * panel.columns + column;
  const int64_t left = panel.columns - column;
  if (left > 0) hn::StoreN(sums, DI32(), acc, static_cast<size_t>(left));
}

#if HWY_TARGET <= HWY_AVX3_DL

// With VNNI: four products of u8 and s8 are added to an s32 at once.
using DU8 = hn::Repartition<uint8_t, DI32>;
using DI8 = hn::Repartition<int8_t, DI32>;
constexpr int64_t kRowsAtOnce = 8;

size_t scratch_bytes(int64_t) { return 0; }
void prepare_rows(const BlockedPanel&) {}

// Four codes from `depth` on, in every lane; zeros beyond K.
HWY_INLINE hn::Vec<DU8> broadcast_codes(const std::byte* row, int64_t depth, int64_t k) {
  int32_t codes = 0;
  if (depth + kDepth <= k)
    std::memcpy(&codes, row + depth, kDepth);
  else
    std::memcpy(&codes, row + depth, static_cast<size_t>(k - depth));
  return hn::BitCast(DU8(), hn::Set(DI32(), codes));
}

// Sums of kRows rows over kLanes columns, whose codes start at `weights`.
template <int kRows>
HWY_INLINE void multiply_columns(const BlockedPanel& panel, int64_t row, int64_t column,
                                 const int8_t* weights) {
  const DI32 di;
  Sum sums[kRows];
  for (Sum& sum : sums) sum = hn::Zero(di);
  const std::byte* src = panel.src + row * panel.row_bytes;
  for (int64_t depth = 0; depth < panel.k; depth += kDepth, weights += kDepth * kBlockColumns) {
    const auto codes = hn::LoadU(DI8(), weights);
    for (int r = 0; r < kRows; ++r)
      sums[r] = hn::SumOfMulQuadAccumulate(
          di, broadcast_codes(src + r * panel.row_bytes, depth, panel.k), codes, sums[r]);
  }
  for (int r = 0; r < kRows; ++r) store_sums(panel, row + r, column, sums[r]);
}

#else

// Without it: both are widened to 16 bits, the rows once for a panel; a pair of products fits s32.
using DI16 = hn::Repartition<int16_t, DI32>;
using DI64 = hn::Repartition<int64_t, DI32>;
constexpr int64_t kRowsAtOnce = HWY_TARGET <= HWY_AVX3 ? 12 : 6;  // as the registers allow

size_t scratch_bytes(int64_t k) {
  return static_cast<size_t>(kMaxTileRows * padded_depth(k)) * sizeof(int16_t);
}

void prepare_rows(const BlockedPanel& panel) {
  auto* wide = reinterpret_cast<int16_t*>(panel.scratch);
  const int64_t depths = padded_depth(panel.k);
  for (int64_t row = 0; row < panel.rows; ++row, wide += depths) {
    const auto* codes = reinterpret_cast<const uint8_t*>(panel.src + row * panel.row_bytes);
    for (int64_t k = 0; k < panel.k; ++k) wide[k] = codes[k];
    for (int64_t k = panel.k; k < depths; ++k) wide[k] = 0;
  }
}

// Sums of kRows rows over kLanes columns, whose codes start at `weights`. Two s32 lanes hold a
// column's sums over the even and the odd pairs of depths until the end.
template <int kRows>
HWY_INLINE void multiply_columns(const BlockedPanel& panel, int64_t row, int64_t column,
                                 const int8_t* weights) {
  const DI32 di;
  const DI16 d16;
  const hn::Rebind<int8_t, DI16> d8;
  Sum low[kRows], high[kRows];
  for (int r = 0; r < kRows; ++r) low[r] = high[r] = hn::Zero(di);
  const int64_t depths = padded_depth(panel.k);
  const std::byte* src = panel.scratch + row * depths * 2;
  for (int64_t depth = 0; depth < depths; depth += kDepth, weights += kDepth * kBlockColumns) {
    const auto low_codes = hn::PromoteTo(d16, hn::LoadU(d8, weights));
    const auto high_codes = hn::PromoteTo(d16, hn::LoadU(d8, weights + hn::Lanes(d8)));
    for (int r = 0; r < kRows; ++r) {
      int64_t four;
      std::memcpy(&four, src + (r * depths + depth) * 2, sizeof(four));
      const auto codes = hn::BitCast(d16, hn::Set(DI64(), four));
      low[r] = hn::Add(low[r], hn::WidenMulPairwiseAdd(di, codes, low_codes));
      high[r] = hn::Add(high[r], hn::WidenMulPairwiseAdd(di, codes, high_codes));
      // Keeps g++ 12 from moving the sums between registers and memory, which costs 40 %.
      asm volatile("" : "+v"(low[r].raw), "+v"(high[r].raw));
    }
  }
  for (int r = 0; r < kRows; ++r) {
    const Sum even = hn::ConcatEven(di, high[r], low[r]), odd = hn::ConcatOdd(di, high[r], low[r]);
    store_sums(panel, row + r, column, hn::Add(even, odd));
  }
}

#endif

void multiply_int8(const BlockedPanel& panel) {
  prepare_rows(panel);
  const auto* weights = reinterpret_cast<const int8_t*>(panel.weights);
  for (int64_t column = 0; column < panel.columns; column += kLanes) {
    const int64_t block = column / kBlockColumns * kBlockColumns;
    const int8_t* codes = weights + block * padded_depth(panel.k) + (column - block) * kDepth;
    int64_t row = 0;
    for (; row + kRowsAtOnce <= panel.rows; row += kRowsAtOnce)
      multiply_columns<kRowsAtOnce>(panel, row, column, codes);
    for (; row + 2 <= panel.rows; row += 2) multiply_columns<2>(panel, row, column, codes);
    if (row < panel.rows) multiply_columns<1>(panel, row, column, codes);
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
HWY_EXPORT(scratch_bytes);

void multiply(const BlockedPanel& panel) { HWY_DYNAMIC_DISPATCH(multiply_int8)(panel); }

}  // namespace

Result<std::unique_ptr<LinearProducts>> make_exact_products(const PlainWeights& weights) {
  const size_t scratch = HWY_DYNAMIC_DISPATCH(scratch_bytes)(weights.k);
  return std::unique_ptr<LinearProducts>(
      std::make_unique<BlockedProducts<int8_t, 4>>(weights, kExactLayout, multiply, scratch));
}

}  // namespace octet::cpu
#endif  // HWY_ONCE
