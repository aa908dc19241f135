// What one call of an attention kernel computes, and how it divides its scratch memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/core/dtype.h"
#include "runtime/core/heartbeat.h"

namespace octet::cpu {

// One matrix of q, k or v as it lies in a tensor; strides in elements, 0 or negative too.
struct HeadOperand {
  const std::byte* data = nullptr;
  int64_t row_stride = 0;
  int64_t column_stride = 0;
};

// `rows` queries of one batch and head against all its keys:
//   dst[i] = sum over j of w[i, j] v[j] / sum over j of w[i, j]
//   w[i, j] = e^(s[i, j] - max over j of s[i, j])
//   s[i, j] = scale q[i] . k[j] + mask[i, j]
struct AttentionHead {
  DType dtype = DType::kF32;  // of q, k and v
  HeadOperand q;              // [rows, depth]
  HeadOperand k;              // [keys, depth]
  HeadOperand v;              // [keys, value_depth]
  int64_t rows = 0;
  int64_t keys = 0;
  int64_t depth = 0;
  int64_t value_depth = 0;
  const float* mask = nullptr;  // [rows, keys]; nullptr: none
  int64_t mask_row_stride = 0;  // in elements; 0: the same for every query, or there is no mask
  int64_t mask_key_stride = 0;
  float* dst = nullptr;  // [rows, value_depth], contiguous in a row
  int64_t dst_row_stride = 0;
  float scale = 1;
  bool empty_rows_are_zero = false;  // for rows whose scores are all -inf; otherwise they are NaN
  Heartbeat* beat = nullptr;         // of the task; may end the call early; not for planning
};

// Where each part starts, in bytes, all aligned to 64; enough for vectors of up to 64 bytes.
struct AttentionScratch {
  int64_t block_rows = 0;  // queries whose scores are held at once
  int64_t key_stride = 0;  // elements from one row of scores, weights or masks to the next
  size_t keys = 0;         // k transposed
  size_t values = 0;
  size_t staging = 0;  // some rows of k or v in the kernel's element type, without gaps
  size_t queries = 0;  // block_rows rows of q, likewise
  size_t mask = 0;     // one row or block_rows
  size_t scores = 0;
  size_t weights = 0;
  size_t row_scale = 0;  // 1 / sum of weights, per row of the block
  size_t total = 0;
};

// Rows of k or v that are copied at a time where they cannot be read in place: as many as a vector
// has lanes.
inline constexpr int64_t kStagedRows = 16;

// For a kernel that multiplies elements of `element_bytes` (4: f32, 2: bf16). `head` needs its
// sizes and mask strides.
AttentionScratch plan_attention_scratch(const AttentionHead& head, int64_t element_bytes);

// bf16 products with f32 sums, f32 softmax, weights rounded to bf16 (their sum is that of the
// rounded ones). Preconditions: dtype is bf16; has_bf16(). `scratch` as planned for 2
// bytes, aligned to 64.
void attention_head_bf16(const AttentionHead& head, std::byte* scratch);
// f32 throughout; bf16 operands are widened. `scratch` as planned for 4 bytes, aligned to 64.
void attention_head_f32(const AttentionHead& head, std::byte* scratch);

}  // namespace octet::cpu
