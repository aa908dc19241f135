// Packs codes by columns, and makes floats of them.
#include "kernels/cpu/linear/block_codes.h"

#include <cstring>

#include "kernels/cpu/linear/linear_blocked.h"
#include "kernels/cpu/linear/linear_f32.h"
#include "kernels/numerics/quantize_weights.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/linear/block_codes.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#ifndef OCTET_BLOCK_CODES_ONCE_
#define OCTET_BLOCK_CODES_ONCE_
namespace octet::cpu {

// 16 columns: for each k the codes of all, in 2 * bits bytes. Byte i of bits 4 holds the codes of
// columns i and i + 8, of bits 2 those of i, i + 4, i + 8 and i + 12, from the lowest bits on.
struct ColumnCodes {
  const std::byte* codes;
  const float* parts;     // of each block of K: 16 scales, 16 zero points
  const int32_t* groups;  // of each k
  int64_t k;
  int bits;
};

}  // namespace octet::cpu
#endif  // OCTET_BLOCK_CODES_ONCE_

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using cpu::kBlockColumns;
using DF32 = hn::CappedTag<float, kBlockColumns>;

// The codes of 16 columns as bytes.
HWY_INLINE void spread_codes(const std::byte* packed, int bits, uint8_t* codes) {
  if (bits == 8) {
    std::memcpy(codes, packed, 16);
  } else if (bits == 4) {
    uint64_t bytes;
    std::memcpy(&bytes, packed, 8);
    const uint64_t low = bytes & 0x0F0F0F0F0F0F0F0Fu, high = bytes >> 4 & 0x0F0F0F0F0F0F0F0Fu;
    std::memcpy(codes, &low, 8);
    std::memcpy(codes + 8, &high, 8);
  } else {
    uint32_t bytes;
    std::memcpy(&bytes, packed, 4);
    for (int i = 0; i < 4; ++i) {
      const uint32_t four = bytes >> (2 * i) & 0x03030303u;
      std::memcpy(codes + 4 * i, &four, 4);
    }
  }
}

// dst[k][16]
void codes_to_weights(const cpu::ColumnCodes& columns, float* dst) {
  const DF32 d;
  const hn::Rebind<int32_t, DF32> d32;
  const hn::Rebind<uint8_t, DF32> d8;
  constexpr auto kColumns = static_cast<size_t>(kBlockColumns);
  HWY_ALIGN uint8_t codes[kColumns];
  const std::byte* packed = columns.codes;
  for (int64_t k = 0; k < columns.k; ++k, packed += 2 * columns.bits, dst += kColumns) {
    spread_codes(packed, columns.bits, codes);
    const float* scales = columns.parts + static_cast<size_t>(columns.groups[k]) * 2 * kColumns;
    const float* zero_points = scales + kColumns;
    for (size_t c = 0; c < kColumns; c += hn::Lanes(d)) {
      const auto code = hn::ConvertTo(d, hn::PromoteTo(d32, hn::LoadU(d8, codes + c)));
      const auto shifted = hn::Sub(code, hn::LoadU(d, zero_points + c));
      hn::StoreU(hn::Mul(shifted, hn::LoadU(d, scales + c)), d, dst + c);
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {
namespace {

HWY_EXPORT(codes_to_weights);

// s8 codes are kept as u8: 128 more, and so are their zero points.
class BlockCodeProducts final : public LinearProducts {
 public:
  explicit BlockCodeProducts(const QuantizedTensor& weights)
      : LinearProducts(make_code_panels(weights.n(), weights.k(), sizeof(float)), weights.k()),
        bits_(weights.bits),
        is_signed_(weights.int_data.dtype() == DType::kI8),
        groups_of_k_(weights.granularity == Granularity::kBlocked ? weights.scale.shape()[1] : 1) {
    const int64_t blocks = (n() + kBlockColumns - 1) / kBlockColumns;
    packed_bytes_ = static_cast<size_t>(blocks * k() * 2 * bits_);
    packed_ = allocate_weights(packed_bytes_);
    parts_ = allocate_weights(static_cast<size_t>(blocks * groups_of_k_ * 2 * kBlockColumns) *
                              sizeof(float));
    groups_ = allocate_weights(static_cast<size_t>(k()) * sizeof(int32_t));
    for (int64_t i = 0; i < k(); ++i)  // of the first row, whose scales begin at 0
      groups()[i] = static_cast<int32_t>(scale_index(weights, 0, i));
    for (int64_t column = 0; column < n(); ++column) pack(weights, column);
  }

  Status run(int64_t panel, const std::byte* src, int64_t row_bytes, int64_t rows, std::byte* acc,
             std::byte* scratch, KernelState*) const override {
    const int64_t columns = panels().columns(panel);
    const int64_t first = panels().first(panel) / kBlockColumns;
    auto* widened = reinterpret_cast<float*>(scratch);
    for (int64_t block = 0; block * kBlockColumns < columns; ++block)
      HWY_DYNAMIC_DISPATCH(codes_to_weights)
    (columns_of(first + block), widened + block * k() * kBlockColumns);
    multiply_blocked_f32({src, row_bytes, rows, scratch, columns, k(), acc, nullptr});
    return Status::ok();
  }
  size_t scratch_bytes() const override {
    const int64_t blocks = (panels().columns(0) + kBlockColumns - 1) / kBlockColumns;
    return static_cast<size_t>(blocks * kBlockColumns * k()) * sizeof(float);
  }

  std::string layout_name() const override {
    return "octet-codes" + std::to_string(bits_) + ":N16";
  }
  std::span<const std::byte> packed_data() const override { return {packed_.get(), packed_bytes_}; }
  Status unpack(std::byte* weights) const override {
    for (int64_t column = 0; column < n(); ++column)
      for (int64_t i = 0; i < k(); ++i) {
        const Place place = place_of(column, i);
        const int code = std::to_integer<int>(packed_.get()[place.byte]) >> place.shift;
        *weights++ = static_cast<std::byte>((code & mask()) - offset());
      }
    return Status::ok();
  }

 private:
  struct Place {
    int64_t byte;
    int shift;
  };
  Place place_of(int64_t column, int64_t i) const {
    const int64_t row = (column / kBlockColumns * k() + i) * 2 * bits_;
    const int64_t own = column % kBlockColumns, bytes = 2 * bits_;
    return {row + own % bytes, static_cast<int>(own / bytes) * bits_};
  }
  int mask() const { return (1 << bits_) - 1; }
  int offset() const { return is_signed_ ? 1 << (bits_ - 1) : 0; }

  void pack(const QuantizedTensor& weights, int64_t column) {
    for (int64_t i = 0; i < k(); ++i) {
      const Place place = place_of(column, i);
      const int code = numerics::code_at(weights, column, i) + offset();
      packed_.get()[place.byte] |= static_cast<std::byte>(code << place.shift);
    }
    float* parts = this->parts() + column / kBlockColumns * groups_of_k_ * 2 * kBlockColumns +
                   column % kBlockColumns;
    const bool blocked = weights.granularity == Granularity::kBlocked;
    for (int64_t group = 0; group < groups_of_k_; ++group, parts += 2 * kBlockColumns) {
      const int64_t index =
          blocked ? column * groups_of_k_ + group : scale_index(weights, column, 0);
      parts[0] = weights.scale.elements<const float>()[static_cast<size_t>(index)];
      parts[kBlockColumns] = static_cast<float>(offset()) + zero_point_of(weights, index);
    }
  }

  static float zero_point_of(const QuantizedTensor& weights, int64_t index) {
    if (!weights.zero_point) return 0;
    const TensorView& zero_points = weights.zero_point->view();
    if (zero_points.dtype == DType::kF32) return zero_points.as<const float>()[index];
    return zero_points.dtype == DType::kI8 ? static_cast<float>(zero_points.as<int8_t>()[index])
                                           : static_cast<float>(zero_points.as<uint8_t>()[index]);
  }

  ColumnCodes columns_of(int64_t block) const {
    return {packed_.get() + block * k() * 2 * bits_,
            parts() + block * groups_of_k_ * 2 * kBlockColumns, groups(), k(), bits_};
  }
  float* parts() const { return reinterpret_cast<float*>(parts_.get()); }
  int32_t* groups() const { return reinterpret_cast<int32_t*>(groups_.get()); }

  int bits_;
  bool is_signed_;
  int64_t groups_of_k_;
  std::shared_ptr<std::byte> packed_, parts_, groups_;
  size_t packed_bytes_ = 0;
};

}  // namespace

std::unique_ptr<LinearProducts> make_block_code_products(const QuantizedTensor& weights) {
  return std::make_unique<BlockCodeProducts>(weights);
}

}  // namespace octet::cpu
#endif  // HWY_ONCE
