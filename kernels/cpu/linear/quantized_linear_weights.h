// The weights of a quantized linear layer as its kernels want them: s8 codes, and what the epilogue
// needs per column.
#pragma once

#include <vector>

#include "kernels/cpu/linear/epilogue.h"
#include "runtime/core/memory.h"
#include "runtime/core/quantized_constant.h"

namespace octet::cpu {

// Per output feature; immutable.
class QuantizedColumns {
 public:
  // Precondition: per tensor or per channel.
  explicit QuantizedColumns(const QuantizedTensor& weights);

  const float* scale() const { return scale_.data(); }
  // Whether any of the s8 codes has a zero point other than 0, so that sums of rows are wanted.
  bool has_zero_points() const { return !zero_points_.empty(); }
  // For the columns from `first` on and the rows whose params start at `params`.
  Dequantization from(int64_t first, const std::byte* params, int64_t params_row_bytes) const;

 private:
  std::vector<float> scale_;
  std::vector<int32_t> sums_;         // of the s8 codes
  std::vector<int32_t> zero_points_;  // of the s8 codes; empty when all are 0
  int32_t k_;
  MemoryCharge charge_;
};

// Whether the s8 codes have a zero point other than 0. Zero points that cannot be read count as
// such: whoever reads them next has the error.
bool has_zero_points(const QuantizedConstant& weights);

// What is subtracted from a code, and from its zero point, to make it s8: 128 for u8, 0 for s8.
int32_t s8_shift(DType codes);

// The codes as s8, [N, K]; shares the memory when they are s8 already.
Tensor to_s8_codes(const Tensor& codes);
// The way back, in place.
void from_s8_codes(std::byte* codes, size_t count, DType type);

// The greatest K for which no corrected sum leaves s32. No zero point: |sum| <= K * 255 * 128; else
// K * 255 * 255.
int64_t greatest_exact_k(const QuantizedConstant& weights);

}  // namespace octet::cpu
