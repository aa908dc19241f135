// What happens to the sums of a linear layer: dequantization, bias, activation, residual, output
// type.
#pragma once

#include "runtime/core/dtype.h"
#include "runtime/ops/linear.h"

namespace octet::cpu {

// A block of rows and columns; all pointers are at its first row and column.
struct EpilogueBlock {
  int64_t rows = 0;
  int64_t columns = 0;
  const std::byte* acc = nullptr;       // [rows, columns] without gaps, s32 or f32
  const float* bias = nullptr;          // [columns]; nullptr adds nothing
  const std::byte* residual = nullptr;  // f32 rows; nullptr adds nothing
  int64_t residual_row_bytes = 0;
  std::byte* dst = nullptr;  // rows of output_type; must not overlap what is read
  int64_t dst_row_bytes = 0;
};

// What turns s32 sums into floats; pointers are at the block's first row and column.
struct Dequantization {
  const std::byte* params = nullptr;  // a RowParams per row
  int64_t params_row_bytes = 0;
  const int32_t* column_sums = nullptr;         // [columns], of the weights over K
  const float* weights_scale = nullptr;         // [columns]
  const int32_t* weights_zero_point = nullptr;  // [columns]; nullptr: all 0
  int32_t k = 0;
};

// dst = activation(acc + bias) + residual, rounded to output_type, or as codes
// (numerics::quantize). Every element is computed alike, wherever it stands in the block. f32 in
// and out; the activations are those of vector_math-inl.h. Allocates nothing.
void float_epilogue(const Epilogue& epilogue, const EpilogueBlock& block);

// dst = activation(fma(acc, scale, bias)) + residual; scale [columns]. A bias of nullptr is +0.
void scaled_epilogue(const Epilogue& epilogue, const float* scale, const EpilogueBlock& block);

// dst = activation(fma(float(sum), src_scale * weights_scale, bias)) + residual with the s32
//   sum = acc - src_zero_point * column_sum - weights_zero_point * (row_sum - k * src_zero_point),
// computed modulo 2^32: exact where |sum| < 2^31, as kernels/numerics/linear_epilogue.h says. A
// bias of nullptr is +0.
void dequantize_epilogue(const Epilogue& epilogue, const Dequantization& dequantization,
                         const EpilogueBlock& block);

}  // namespace octet::cpu
