// f32 rows as the bf16 rows that a product takes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/linear/convert.h"

namespace octet::cpu::onednn {

// Scratch memory for narrow_rows(), a multiple of 64.
inline size_t narrow_bytes(int64_t rows, int64_t k) {
  return (static_cast<size_t>(rows * k) * 2 + 63) / 64 * 64;
}

// The rows as bf16 without gaps, in `scratch`.
inline const std::byte* narrow_rows(const std::byte* src, int64_t row_bytes, int64_t rows,
                                    int64_t k, std::byte* scratch) {
  auto* to = reinterpret_cast<uint16_t*>(scratch);
  for (int64_t row = 0; row < rows; ++row)
    floats_to_bf16(reinterpret_cast<const float*>(src + row * row_bytes), to + row * k,
                   static_cast<size_t>(k));
  return scratch;
}

}  // namespace octet::cpu::onednn
