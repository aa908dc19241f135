// Codes of 8, 4 or 2 bits as they are packed for f32 products: 16 columns beside one another for
// each k, with a scale and a zero point for each column and block of K.
#pragma once

#include <cstddef>
#include <cstdint>

namespace octet::cpu {

// Consecutive k of one block of K: up to `end`, from where the run before it ended.
struct CodeRun {
  int64_t end;
  int64_t group;
};

// Columns of a layer, a whole number of blocks of 16 after its first one. A weight is
// (code - zero_point) * scale, rounded to f32 once after each step.
struct CodeColumns {
  // [block][k][2 * bits]: byte i of bits 4 holds the codes of columns i and i + 8, of bits 2 those
  // of i, i + 4, i + 8 and i + 12, from the lowest bits on.
  const std::byte* codes;
  const float* parts;    // [block][groups_of_k][2][16]: scales, then zero points
  const CodeRun* runs;   // of all k
  int64_t groups_of_k;
  int64_t k;
  int64_t columns;
  int bits;
};

// weights[block][k][16], what multiply_blocked_f32() takes.
void widen_codes(const CodeColumns& columns, float* weights);

// As many rows as are better multiplied with codes than with floats made of them.
inline constexpr int64_t kFewRows = 4;
// acc[rows, columns] = src . weights, row-major without gaps, with the bits that
// multiply_blocked_f32() gives: one chain of fused multiply-adds over k. Rows of src are
// `row_bytes` apart. Precondition: rows <= kFewRows.
void multiply_codes(const CodeColumns& columns, const std::byte* src, int64_t row_bytes,
                    int64_t rows, float* acc);

}  // namespace octet::cpu
