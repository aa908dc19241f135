// LinearProducts: the matrix product inside a linear layer, which kernels of all types share
// their epilogues over.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>

#include "kernels/api/kernel.h"
#include "kernels/api/tile_heights.h"

namespace octet::cpu {

// The N columns of a product as panels of equal width, but for the last one. The sums of a panel
// stay in L2 between the product and the epilogue.
struct ColumnPanels {
  int64_t n = 0;
  int64_t width = 0;
  int64_t count() const { return (n + width - 1) / width; }
  int64_t first(int64_t panel) const { return panel * width; }
  int64_t columns(int64_t panel) const { return std::min(width, n - panel * width); }
};

// As few panels of at most 768 columns as there can be, of multiples of 64 columns, which is the
// block of oneDNN's packed layouts. Depends on n and the bytes of a column alone. Precondition: n >
// 0. Measured for n and k of 384 to 4096: 512 and 768 are alike at 64 rows, wider costs up to 3 %;
// fewer calls help few rows. At least `least` panels where they can be 128 columns wide: f32
// weights of few rows are worth splitting between threads, since reading them takes as long as
// multiplying. `column_bytes`, of the weights of a column: a panel is computed without a look at
// the clock, so its weights take at most 8 MB (4 ms with 64 rows of f32) where they can;
// `most_bytes` where less is wanted.
inline ColumnPanels make_panels(int64_t n, int64_t least = 1, int64_t column_bytes = 0,
                                int64_t most_bytes = int64_t{8} << 20) {
  constexpr int64_t kMostColumns = 768, kNarrowest = 128, kBlock = 64;
  const int64_t widest = std::clamp(
      most_bytes / std::max<int64_t>(column_bytes, 1) / kBlock * kBlock, kBlock, kMostColumns);
  const int64_t count =
      std::max((n + widest - 1) / widest, std::min(least, std::max<int64_t>(1, n / kNarrowest)));
  return {n, ((n + count - 1) / count + kBlock - 1) / kBlock * kBlock};
}

// Panels of codes, which become numbers of `element_bytes` for each tile of rows and stay in L2.
inline ColumnPanels make_code_panels(int64_t n, int64_t k, int64_t element_bytes) {
  constexpr int64_t kInL2 = int64_t{512} << 10;
  return make_panels(n, 2, k * element_bytes, kInL2);
}

// src[rows, K] . weights[K, N], with weights packed where the object was made: u8 . s8 as exact s32
// sums, or f32. A row's sums depend on that row alone, not on the rows beside it. Immutable.
// Threading: any thread, one KernelState a thread.
class LinearProducts {
 public:
  virtual ~LinearProducts() = default;

  ColumnPanels panels() const { return panels_; }
  int64_t n() const { return panels_.n; }
  int64_t k() const { return k_; }

  // Rows of a call: so few, where the weights of a panel are very deep, that it is done in some
  // milliseconds. A row's sums do not depend on it.
  int64_t most_rows() const {
    constexpr int64_t kMostProducts = int64_t{1} << 28;
    return std::clamp<int64_t>(kMostProducts / (panels_.columns(0) * k_), 1, kMaxTileRows);
  }

  // Sums of `rows` <= most_rows() rows over one panel: acc[rows, columns(panel)], row-major
  // without gaps, s32 or f32. Rows of src are `row_bytes` apart. `scratch`: scratch_bytes(),
  // aligned to 64. Error: kInternal from a library.
  virtual Status run(int64_t panel, const std::byte* src, int64_t row_bytes, int64_t rows,
                     std::byte* acc, std::byte* scratch, KernelState* state) const = 0;
  virtual size_t scratch_bytes() const { return 0; }
  virtual std::unique_ptr<KernelState> make_state() const { return nullptr; }
  virtual const void* state_key() const { return nullptr; }  // as RowKernel's

  virtual std::string layout_name() const = 0;
  virtual std::span<const std::byte> packed_data() const = 0;
  // The weights again as row-major [N, K] elements. Error: kInternal from a library.
  virtual Status unpack(std::byte* weights) const = 0;

 protected:
  LinearProducts(const ColumnPanels& panels, int64_t k) : panels_(panels), k_(k) {}

 private:
  ColumnPanels panels_;
  int64_t k_;
};

// Weights as they come: the element of column n at depth k is at n * n_stride + k * k_stride.
struct PlainWeights {
  const std::byte* data = nullptr;
  int64_t n = 0, k = 0;
  int64_t n_stride = 0, k_stride = 0;
};

}  // namespace octet::cpu
