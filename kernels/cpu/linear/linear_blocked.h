// LinearProducts over Octet's own packed layout, for the products written in Highway.
#pragma once

#include "kernels/cpu/linear/linear_products.h"
#include "runtime/core/memory.h"

namespace octet::cpu {

// Weights as [N/16][K/kDepth][16][kDepth] elements, zero beyond N and K: 16 columns are one vector
// of AVX-512 or two of AVX2, so the layout does not depend on the CPU.
inline constexpr int64_t kBlockColumns = 16;

// acc[rows, columns] = src . the packed blocks from `weights` on. `columns` need not be a multiple
// of kBlockColumns.
struct BlockedPanel {
  const std::byte* src = nullptr;
  int64_t row_bytes = 0;
  int64_t rows = 0;
  const std::byte* weights = nullptr;
  int64_t columns = 0;
  int64_t k = 0;
  std::byte* acc = nullptr;
  std::byte* scratch = nullptr;
};

template <class Element, int64_t kDepth>
class BlockedProducts final : public LinearProducts {
 public:
  using Multiply = void (*)(const BlockedPanel& panel);

  // `multiply` gets `scratch_bytes` of scratch memory.
  BlockedProducts(const PlainWeights& plain, std::string layout_name, Multiply multiply,
                  size_t scratch_bytes = 0)
      : BlockedProducts(plain, make_panels(plain.n, 1, plain.k * int64_t{sizeof(Element)}),
                        std::move(layout_name), multiply, scratch_bytes) {}
  BlockedProducts(const PlainWeights& plain, const ColumnPanels& panels, std::string layout_name,
                  Multiply multiply, size_t scratch_bytes)
      : LinearProducts(panels, plain.k),
        layout_name_(std::move(layout_name)),
        multiply_(multiply),
        scratch_bytes_(scratch_bytes) {
    const int64_t blocks = (n() + kBlockColumns - 1) / kBlockColumns;
    packed_bytes_ = static_cast<size_t>(blocks * block_elements()) * sizeof(Element);
    packed_ = allocate_weights(packed_bytes_);
    const auto* from = reinterpret_cast<const Element*>(plain.data);
    auto* to = reinterpret_cast<Element*>(packed_.get());
    for (int64_t n = 0; n < plain.n; ++n)
      for (int64_t k = 0; k < plain.k; ++k)
        to[index(n, k)] = from[n * plain.n_stride + k * plain.k_stride];
  }

  Status run(int64_t panel, const std::byte* src, int64_t row_bytes, int64_t rows, std::byte* acc,
             std::byte* scratch, KernelState*) const override {
    const auto* weights =
        reinterpret_cast<const Element*>(packed_.get()) + index(panels().first(panel), 0);
    multiply_({src, row_bytes, rows, reinterpret_cast<const std::byte*>(weights),
               panels().columns(panel), k(), acc, scratch});
    return Status::ok();
  }
  size_t scratch_bytes() const override { return scratch_bytes_; }

  std::string layout_name() const override { return layout_name_; }
  std::span<const std::byte> packed_data() const override { return {packed_.get(), packed_bytes_}; }
  Status unpack(std::byte* weights) const override {
    const auto* from = reinterpret_cast<const Element*>(packed_.get());
    auto* to = reinterpret_cast<Element*>(weights);
    for (int64_t n = 0; n < this->n(); ++n)
      for (int64_t k = 0; k < this->k(); ++k) *to++ = from[index(n, k)];
    return Status::ok();
  }

 private:
  int64_t block_elements() const { return (k() + kDepth - 1) / kDepth * kDepth * kBlockColumns; }
  int64_t index(int64_t n, int64_t k) const {
    return n / kBlockColumns * block_elements() + k / kDepth * kDepth * kBlockColumns +
           n % kBlockColumns * kDepth + k % kDepth;
  }

  std::string layout_name_;
  Multiply multiply_;
  size_t scratch_bytes_;
  std::shared_ptr<std::byte> packed_;
  size_t packed_bytes_ = 0;
};

}  // namespace octet::cpu
