// Packs codes by columns.
#include "kernels/cpu/linear/block_codes.h"

#include <vector>

#include "kernels/cpu/linear/code_columns.h"
#include "kernels/cpu/linear/linear_blocked.h"
#include "kernels/cpu/linear/linear_f32.h"

namespace octet::cpu {
namespace {

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
    for (int64_t i = 0; i < k(); ++i) {
      const int64_t group = scale_index(weights, 0, i);  // of the first row, whose scales begin at 0
      if (runs_.empty() || runs_.back().group != group) runs_.push_back({i, group});
      runs_.back().end = i + 1;
    }
    for (int64_t column = 0; column < n(); ++column) pack(weights, column);
  }

  Status run(int64_t panel, const std::byte* src, int64_t row_bytes, int64_t rows, std::byte* acc,
             std::byte* scratch, KernelState*) const override {
    const CodeColumns columns = columns_of(panel);
    if (rows <= kFewRows) {
      multiply_codes(columns, src, row_bytes, rows, reinterpret_cast<float*>(acc));
      return Status::ok();
    }
    widen_codes(columns, reinterpret_cast<float*>(scratch));
    multiply_blocked_f32({src, row_bytes, rows, scratch, columns.columns, k(), acc, nullptr});
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
    for (int64_t column = 0; column < n(); ++column) {
      const Place first = place_of(column);
      const std::byte* from = packed_.get() + first.byte;
      for (int64_t i = 0; i < k(); ++i, from += 2 * bits_) {
        const int code = std::to_integer<int>(*from) >> first.shift & mask();
        *weights++ = static_cast<std::byte>(code - offset());
      }
    }
    return Status::ok();
  }

 private:
  struct Place {
    int64_t byte;
    int shift;
  };
  // Of the column's first code; the next ones are 2 * bits bytes apart.
  Place place_of(int64_t column) const {
    const int64_t own = column % kBlockColumns, bytes = 2 * bits_;
    return {column / kBlockColumns * k() * bytes + own % bytes,
            static_cast<int>(own / bytes) * bits_};
  }
  int mask() const { return (1 << bits_) - 1; }
  int offset() const { return is_signed_ ? 1 << (bits_ - 1) : 0; }

  void pack(const QuantizedTensor& weights, int64_t column) {
    const auto* codes =
        reinterpret_cast<const uint8_t*>(weights.int_data.bytes()) + column * k();
    const Place first = place_of(column);
    std::byte* to = packed_.get() + first.byte;
    for (int64_t i = 0; i < k(); ++i, to += 2 * bits_)
      *to |= static_cast<std::byte>(((codes[i] + offset()) & mask()) << first.shift);
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

  CodeColumns columns_of(int64_t panel) const {
    const int64_t block = panels().first(panel) / kBlockColumns;
    return {.codes = packed_.get() + block * k() * 2 * bits_,
            .parts = parts() + block * groups_of_k_ * 2 * kBlockColumns,
            .runs = runs_.data(),
            .groups_of_k = groups_of_k_,
            .k = k(),
            .columns = panels().columns(panel),
            .bits = bits_};
  }
  float* parts() const { return reinterpret_cast<float*>(parts_.get()); }

  int bits_;
  bool is_signed_;
  int64_t groups_of_k_;
  std::vector<CodeRun> runs_;
  std::shared_ptr<std::byte> packed_, parts_;
  size_t packed_bytes_ = 0;
};

}  // namespace

std::unique_ptr<LinearProducts> make_block_code_products(const QuantizedTensor& weights) {
  return std::make_unique<BlockCodeProducts>(weights);
}

}  // namespace octet::cpu
