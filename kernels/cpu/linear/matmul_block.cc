// One block of an f32 matrix product, six rows at a time against a panel of the right-hand side.
#include "kernels/cpu/linear/matmul_block.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/linear/matmul_block.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using F32 = hn::ScalableTag<float>;
using VecF32 = hn::Vec<F32>;

// Vectors per row of a tile: with six rows as many accumulators as leave registers for the operands
// (32 or 16).
constexpr int64_t kLanes = HWY_LANES(float);
constexpr int64_t kVectors = kLanes == 16 ? 4 : 2;
constexpr int64_t kTileColumns = kVectors * kLanes;

// The panel has rows of `panel_stride` floats, of which all kTileColumns can be read; `columns` of
// them count.
template <int kRows>
HWY_INLINE void multiply_tile(const cpu::MatMulBlock& block, int64_t row, int64_t column, int64_t k,
                              int64_t depth, const float* panel, int64_t panel_stride) {
  const F32 d;
  const float* lhs = block.lhs + row * block.lhs_row_stride + k * block.lhs_k_stride;
  float* dst = block.dst + row * block.dst_row_stride + column;
  size_t width[kVectors];
  for (int64_t v = 0; v < kVectors; ++v)
    width[v] =
        static_cast<size_t>(std::clamp<int64_t>(block.columns - column - v * kLanes, 0, kLanes));
  VecF32 sums[kRows][kVectors];
  for (int r = 0; r < kRows; ++r)
    for (int64_t v = 0; v < kVectors; ++v)
      sums[r][v] = k == 0 ? hn::Zero(d)
                          : hn::LoadN(d, dst + r * block.dst_row_stride + v * kLanes, width[v]);
  for (int64_t i = 0; i < depth; ++i) {
    VecF32 right[kVectors];
    for (int64_t v = 0; v < kVectors; ++v)
      right[v] = hn::LoadU(d, panel + i * panel_stride + v * kLanes);
    for (int r = 0; r < kRows; ++r) {
      const VecF32 left = hn::Set(d, lhs[r * block.lhs_row_stride + i * block.lhs_k_stride]);
      for (int64_t v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(left, right[v], sums[r][v]);
    }
  }
  for (int r = 0; r < kRows; ++r)
    for (int64_t v = 0; v < kVectors; ++v)
      hn::StoreN(sums[r][v], d, dst + r * block.dst_row_stride + v * kLanes, width[v]);
}

// Copies rows [k, k + depth) of the right-hand side, with zeros up to a multiple of kTileColumns.
void pack_panel(const cpu::MatMulBlock& block, int64_t k, int64_t depth, float* panel) {
  const float* rhs = block.rhs + k * block.rhs_k_stride;
  const int64_t padded = (block.columns + kTileColumns - 1) / kTileColumns * kTileColumns;
  if (block.rhs_column_stride == 1) {
    for (int64_t i = 0; i < depth; ++i) {
      std::copy_n(rhs + i * block.rhs_k_stride, block.columns, panel + i * cpu::kMatMulColumns);
      std::fill_n(panel + i * cpu::kMatMulColumns + block.columns, padded - block.columns, 0.0f);
    }
    return;
  }
  for (int64_t c = 0; c < padded; ++c)
    for (int64_t i = 0; i < depth; ++i)
      panel[i * cpu::kMatMulColumns + c] =
          c < block.columns ? rhs[i * block.rhs_k_stride + c * block.rhs_column_stride] : 0.0f;
}

void multiply(const cpu::MatMulBlock& block, float* packed) {
  if (block.k == 0) {
    for (int64_t r = 0; r < block.rows; ++r)
      std::fill_n(block.dst + r * block.dst_row_stride, block.columns, 0.0f);
    return;
  }
  // Few rows do not pay for a copy of what can be read in place.
  const bool in_place =
      block.rhs_column_stride == 1 && block.rows <= 12 && block.columns % kTileColumns == 0;
  for (int64_t k = 0; k < block.k; k += cpu::kMatMulDepth) {
    if (block.beat->stop(block.rows * cpu::kMatMulColumns * cpu::kMatMulDepth / 16)) return;
    const int64_t depth = std::min(cpu::kMatMulDepth, block.k - k);
    if (!in_place) pack_panel(block, k, depth, packed);
    const float* panel = in_place ? block.rhs + k * block.rhs_k_stride : packed;
    const int64_t stride = in_place ? block.rhs_k_stride : cpu::kMatMulColumns;
    for (int64_t c = 0; c < block.columns; c += kTileColumns) {
      int64_t r = 0;
      for (; r + 6 <= block.rows; r += 6)
        multiply_tile<6>(block, r, c, k, depth, panel + c, stride);
      for (; r + 2 <= block.rows; r += 2)
        multiply_tile<2>(block, r, c, k, depth, panel + c, stride);
      for (; r < block.rows; ++r) multiply_tile<1>(block, r, c, k, depth, panel + c, stride);
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {

HWY_EXPORT(multiply);

void multiply_block(const MatMulBlock& block, float* panel) {
  HWY_DYNAMIC_DISPATCH(multiply)(block, panel);
}

}  // namespace octet::cpu
#endif  // HWY_ONCE
