// One block of an f32 matrix product.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/core/heartbeat.h"

namespace octet::cpu {

// dst[r, c] = sum over k, ascending, of lhs[r, k] * rhs[k, c] with one fused multiply-add each.
// Strides are in elements; dst's columns are contiguous.
struct MatMulBlock {
  const float* lhs;
  int64_t lhs_row_stride;
  int64_t lhs_k_stride;
  const float* rhs;
  int64_t rhs_k_stride;
  int64_t rhs_column_stride;
  float* dst;
  int64_t dst_row_stride;
  int64_t rows;
  int64_t columns;  // at most kMatMulColumns
  int64_t k;
  Heartbeat* beat;  // may end it early
};

inline constexpr int64_t kMatMulColumns = 64;  // four AVX-512 vectors
inline constexpr int64_t kMatMulDepth = 512;   // so many k at a time: a packed panel stays in L2

// `panel`: kMatMulColumns * kMatMulDepth floats of scratch, aligned to 64. Threading: any thread.
void multiply_block(const MatMulBlock& block, float* panel);

}  // namespace octet::cpu
