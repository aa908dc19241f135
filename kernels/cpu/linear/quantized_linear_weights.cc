// Code shifts, column sums and the bound on K.
#include "kernels/cpu/linear/quantized_linear_weights.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "kernels/numerics/quantize_weights.h"

namespace octet::cpu {
namespace {

template <class Code>
int32_t sum_of_codes(const Tensor& codes, int64_t n, int64_t k) {
  const Code* row = codes.view().as<const Code>() + n * k;
  return std::accumulate(row, row + k, int32_t{0});
}

// Of any type whose zero is all bits zero.
bool has_other_than_zero(const Tensor& zero_points) {
  const std::span bytes(zero_points.bytes(), zero_points.byte_count());
  return std::any_of(bytes.begin(), bytes.end(),
                     [](std::byte byte) { return byte != std::byte{}; });
}

}  // namespace

QuantizedColumns::QuantizedColumns(const QuantizedTensor& weights)
    : k_(static_cast<int32_t>(weights.k())) {
  const Tensor& codes = weights.int_data;
  const int32_t shift = s8_shift(codes.dtype());
  const bool zero_points =
      shift != 0 || (weights.zero_point && has_other_than_zero(*weights.zero_point));
  const auto scales = weights.scale.elements<const float>();
  const auto columns = static_cast<size_t>(weights.n());
  charge_ = MemoryCharge(columns * (zero_points ? 12 : 8));
  scale_.reserve(columns);
  sums_.reserve(columns);
  if (zero_points) zero_points_.reserve(columns);
  for (int64_t n = 0; n < weights.n(); ++n) {
    scale_.push_back(scales[static_cast<size_t>(scale_index(weights, n, 0))]);
    const int32_t sum = codes.dtype() == DType::kI8 ? sum_of_codes<int8_t>(codes, n, weights.k())
                                                    : sum_of_codes<uint8_t>(codes, n, weights.k());
    sums_.push_back(sum - shift * k_);
    if (zero_points) zero_points_.push_back(numerics::zero_point_at(weights, n, 0) - shift);
  }
}

Dequantization QuantizedColumns::from(int64_t first, const std::byte* params,
                                      int64_t params_row_bytes) const {
  return {params,
          params_row_bytes,
          sums_.data() + first,
          scale_.data() + first,
          zero_points_.empty() ? nullptr : zero_points_.data() + first,
          k_};
}

bool has_zero_points(const QuantizedConstant& weights) {
  if (s8_shift(weights.code_type) != 0) return true;
  if (!weights.zero_point) return false;
  const auto loaded = weights.zero_point->load();
  return !loaded.is_ok() || has_other_than_zero(*loaded);
}

int32_t s8_shift(DType codes) { return codes == DType::kU8 ? 128 : 0; }

Tensor to_s8_codes(const Tensor& codes) {
  if (codes.dtype() == DType::kI8) return codes;
  Tensor shifted(DType::kI8, codes.shape());
  const auto from = codes.elements<const uint8_t>();
  std::transform(from.begin(), from.end(), shifted.elements<int8_t>().begin(),
                 [](uint8_t code) { return static_cast<int8_t>(code - 128); });
  return shifted;
}

void from_s8_codes(std::byte* codes, size_t count, DType type) {
  if (type == DType::kI8) return;
  // Adding 128 modulo 256 flips the highest bit.
  for (size_t i = 0; i < count; ++i) codes[i] ^= std::byte{0x80};
}

int64_t greatest_exact_k(const QuantizedConstant& weights) {
  constexpr int64_t kLimit = std::numeric_limits<int32_t>::max();
  return kLimit / (255 * (has_zero_points(weights) ? 255 : 128));
}

}  // namespace octet::cpu
