// Packing, widening and unpacking of codes.
#include "kernels/cpu/onednn/code_products.h"

#include <cstring>

#include "kernels/cpu/onednn/narrow_rows.h"
#include "kernels/cpu/onednn/runtime.h"

namespace octet::cpu::onednn {
namespace {

using dnnl::memory;

class CodeProducts final : public LinearProducts {
 public:
  CodeProducts(std::shared_ptr<const MatmulPlan> plan, const PlainWeights& weights)
      : LinearProducts(panels_of(plan->type(), weights.n, weights.k), weights.k),
        plan_(std::move(plan)) {
    pack(weights);
  }

  // Scratch memory: the widened panel, the dense rows, that of the primitives.
  Status run(int64_t panel, const std::byte* src, int64_t row_bytes, int64_t rows, std::byte* acc,
             std::byte* scratch, KernelState* state) const override {
    assert(rows >= 1 && rows <= kMaxTileRows);
    const SingleThread guard;
    std::byte* dense = scratch + widened_bytes();
    widen(packed_panel(panel), scratch, panel_elements_);
    return plan_->run_rows(width_index(panel), dense_rows(src, row_bytes, rows, dense), rows,
                           scratch, acc, dense + dense_bytes(), *state);
  }
  size_t scratch_bytes() const override {
    return widened_bytes() + dense_bytes() + plan_->scratch_bytes();
  }

  std::unique_ptr<KernelState> make_state() const override { return plan_->make_state(); }
  const void* state_key() const override { return plan_.get(); }
  std::string layout_name() const override { return onednn::layout_name(*plan_); }
  std::span<const std::byte> packed_data() const override {
    return {packed_.get(), panel_elements_ * static_cast<size_t>(panels().count())};
  }

  Status unpack(std::byte* weights) const override {
    const SingleThread guard;
    std::vector<std::byte> packed(widened_bytes()), plain(widened_bytes());
    try {
      for (int64_t panel = 0; panel < panels().count(); ++panel) {
        widen(packed_panel(panel), packed.data(), panel_elements_);
        reorder(panel, packed.data(), plain.data(), false);
        narrow(plain.data(), reinterpret_cast<int8_t*>(weights) + panels().first(panel) * k(),
               plain_elements(panel));
      }
      return Status::ok();
    } catch (const dnnl::error& error) {
      return to_status("unpacking weights", error);
    }
  }

 private:
  size_t width_index(int64_t panel) const { return plan_->width_index(panels(), panel); }
  bool in_bf16() const { return plan_->type() == ProductType::kCodesBF16; }
  size_t element_bytes() const { return static_cast<size_t>(plan_->types().bytes); }
  size_t widened_bytes() const { return panel_elements_ * element_bytes(); }
  size_t dense_bytes() const {
    const auto elements = static_cast<size_t>(most_rows() * k());
    return (elements * element_bytes() + 63) / 64 * 64;
  }
  size_t plain_elements(int64_t panel) const {
    return static_cast<size_t>(panels().columns(panel) * k());
  }
  int8_t* packed_panel(int64_t panel) const {
    return reinterpret_cast<int8_t*>(packed_.get()) + static_cast<size_t>(panel) * panel_elements_;
  }

  const std::byte* dense_rows(const std::byte* src, int64_t row_bytes, int64_t rows,
                              std::byte* scratch) const {
    if (in_bf16()) return narrow_rows(src, row_bytes, rows, k(), scratch);
    if (row_bytes == k() * 4) return src;
    for (int64_t row = 0; row < rows; ++row)
      std::memcpy(scratch + row * k() * 4, src + row * row_bytes, static_cast<size_t>(k()) * 4);
    return scratch;
  }

  void widen(const int8_t* codes, std::byte* numbers, size_t count) const {
    if (in_bf16())
      codes_to_bf16(codes, reinterpret_cast<uint16_t*>(numbers), count);
    else
      codes_to_floats(codes, reinterpret_cast<float*>(numbers), count);
  }
  void narrow(const std::byte* numbers, int8_t* codes, size_t count) const {
    if (in_bf16())
      bf16_to_codes(reinterpret_cast<const uint16_t*>(numbers), codes, count);
    else
      floats_to_codes(reinterpret_cast<const float*>(numbers), codes, count);
  }

  // One panel between its packed form and [columns, K].
  void reorder(int64_t panel, std::byte* packed, std::byte* plain, bool to_packed) const {
    const memory::desc& packed_desc = plan_->widths()[width_index(panel)]->weights;
    const memory::desc plain_desc({k(), panels().columns(panel)}, plan_->types().weights,
                                  memory::dims{1, k()});
    memory packed_memory(packed_desc, plan_->engine(), packed);
    memory plain_memory(plain_desc, plan_->engine(), plain);
    dnnl::stream stream(plan_->engine());
    memory &from = to_packed ? plain_memory : packed_memory,
           &to = to_packed ? packed_memory : plain_memory;
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
  }

  void pack(const PlainWeights& given) {
    for (const auto& width : plan_->widths())
      panel_elements_ = std::max(panel_elements_, width->weights.get_size() / element_bytes());
    panel_elements_ = (panel_elements_ + 63) / 64 * 64;  // panels start on cache lines of their own
    packed_ = allocate_weights(panel_elements_ * static_cast<size_t>(panels().count()));
    std::vector<std::byte> plain(widened_bytes()), packed(widened_bytes());
    std::vector<int8_t> codes(panel_elements_);
    for (int64_t panel = 0; panel < panels().count(); ++panel) {
      const auto* from =
          reinterpret_cast<const int8_t*>(given.data) + panels().first(panel) * given.n_stride;
      for (int64_t n = 0; n < panels().columns(panel); ++n)
        for (int64_t k = 0; k < this->k(); ++k)
          codes[static_cast<size_t>(n * this->k() + k)] =
              from[n * given.n_stride + k * given.k_stride];
      widen(codes.data(), plain.data(), plain_elements(panel));
      std::fill(packed.begin(), packed.end(), std::byte{0});
      reorder(panel, packed.data(), plain.data(), true);
      narrow(packed.data(), packed_panel(panel), panel_elements_);
    }
  }

  std::shared_ptr<const MatmulPlan> plan_;
  std::shared_ptr<std::byte> packed_;
  size_t panel_elements_ = 0;  // of a packed panel, the greatest
};

}  // namespace

std::unique_ptr<LinearProducts> make_code_products(std::shared_ptr<const MatmulPlan> plan,
                                                   const PlainWeights& weights) {
  return std::make_unique<CodeProducts>(std::move(plan), weights);
}

}  // namespace octet::cpu::onednn
