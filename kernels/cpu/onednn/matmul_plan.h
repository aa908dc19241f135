// MatmulPlan: the primitives and argument objects of products of one shape, without weights.
#pragma once

#include <array>
#include <vector>

#include "kernels/api/tile_heights.h"
#include "kernels/cpu/onednn/matmul.h"
#include "oneapi/dnnl/dnnl.hpp"
#include "runtime/core/memory.h"

namespace octet::cpu::onednn {

struct ProductTypes {
  dnnl::memory::data_type src, weights, acc;
  int64_t bytes;  // of an element of src and of weights
};
ProductTypes types_of(ProductType type);
// Whether weights are kept as s8 codes, and become what the primitives take panel by panel.
bool keeps_codes(ProductType type);
// How products of this shape are cut. Shapes of other N may have panels of the same widths, and
// share a plan.
ColumnPanels panels_of(ProductType type, int64_t n, int64_t k);

// Of one model. oneDNN wants the engines of everything in a call to be the same object.
struct Engine {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
};

// The primitives for all panels of one width: [rows, k] . [k, columns] at every height.
struct PanelWidth {
  // Throws dnnl::error.
  PanelWidth(std::shared_ptr<const Engine> engine, ProductType type, int64_t columns, int64_t k);

  std::shared_ptr<const Engine> engine;
  int64_t columns;
  dnnl::memory::desc weights;  // packed, the same for every height
  std::array<dnnl::matmul, kTileHeights.size()> primitives;
  std::array<int64_t, kTileHeights.size()> scratch;  // bytes
  MemoryCharge charge;
};

// Immutable. Threading: any thread, one MatmulState a thread.
class MatmulPlan {
 public:
  // `widths`: of all panels but the last, and of the last where it differs.
  MatmulPlan(ProductType type, int64_t k, std::vector<std::shared_ptr<const PanelWidth>> widths);

  ProductType type() const { return type_; }
  const ProductTypes& types() const { return types_; }
  int64_t k() const { return k_; }
  const dnnl::engine& engine() const { return widths_[0]->engine->engine; }
  const std::vector<std::shared_ptr<const PanelWidth>>& widths() const { return widths_; }
  // Which of widths() a panel of these has. Precondition: panels of the plan's widths.
  size_t width_index(const ColumnPanels& panels, int64_t panel) const {
    return widths_.size() == 2 && panel == panels.count() - 1 ? 1 : 0;
  }
  size_t scratch_bytes() const { return scratch_bytes_; }
  std::unique_ptr<KernelState> make_state() const;

  // Sums of `rows` <= kMaxTileRows dense rows over one packed panel of widths()[width], acc[rows,
  // its columns]. `state`: make_state() of this plan. Error: kInternal.
  Status run_rows(size_t width, const std::byte* src, int64_t rows, const std::byte* weights,
                  std::byte* acc, std::byte* scratch, KernelState& state) const;

  // Sums of kTileHeights[height] dense rows over one packed panel of widths()[width]. `state`:
  // make_state() of this plan. Error: kInternal.
  Status execute(size_t width, size_t height, const std::byte* src, const std::byte* weights,
                 std::byte* acc, std::byte* scratch, KernelState& state) const;

 private:
  ProductType type_;
  ProductTypes types_;
  int64_t k_;
  std::vector<std::shared_ptr<const PanelWidth>> widths_;
  size_t scratch_bytes_ = 0;
};

// The descriptor of the implementation that oneDNN picks; an empty `weights` lets it choose their
// layout. Throws dnnl::error.
dnnl::matmul::primitive_desc describe_matmul(const dnnl::engine& engine, const ProductTypes& types,
                                             int64_t rows, int64_t n, int64_t k,
                                             const dnnl::memory::desc* weights);
// Whether an implementation of this name is no fallback.
bool is_fast(std::string_view implementation);

}  // namespace octet::cpu::onednn
