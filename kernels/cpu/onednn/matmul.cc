// LinearProducts over the plan of their shape: packed panels of weights.
#include "kernels/cpu/onednn/matmul.h"

#include "kernels/cpu/onednn/code_products.h"
#include "kernels/cpu/onednn/matmul_plan.h"
#include "kernels/cpu/onednn/narrow_rows.h"
#include "kernels/cpu/onednn/runtime.h"

namespace octet::cpu::onednn {
namespace {

using dnnl::memory;

class Products final : public LinearProducts {
 public:
  // Throws dnnl::error.
  Products(std::shared_ptr<const MatmulPlan> plan, const PlainWeights& weights)
      : LinearProducts(panels_of(plan->type(), weights.n, weights.k), weights.k),
        plan_(std::move(plan)) {
    pack(weights);
  }

  Status run(int64_t panel, const std::byte* src, int64_t row_bytes, int64_t rows, std::byte* acc,
             std::byte* scratch, KernelState* state) const override {
    assert(rows >= 1 && rows <= kMaxTileRows);
    const SingleThread guard;
    if (in_bf16())
      return plan_->run_rows(width_index(panel), narrow_rows(src, row_bytes, rows, k(), scratch),
                             rows, packed_panel(panel), acc,
                             scratch + narrow_bytes(most_rows(), k()), *state);
    if (row_bytes == k() * element_bytes())
      return plan_->run_rows(width_index(panel), src, rows, packed_panel(panel), acc, scratch,
                             *state);
    for (int64_t row = 0; row < rows; ++row)
      OCTET_RETURN_IF_ERROR(
          plan_->run_rows(width_index(panel), src + row * row_bytes, 1, packed_panel(panel),
                          acc + row * panels().columns(panel) * 4, scratch, *state));
    return Status::ok();
  }

  size_t scratch_bytes() const override {
    return plan_->scratch_bytes() + (in_bf16() ? narrow_bytes(most_rows(), k()) : 0);
  }
  std::unique_ptr<KernelState> make_state() const override { return plan_->make_state(); }
  const void* state_key() const override { return plan_.get(); }

  std::string layout_name() const override { return onednn::layout_name(*plan_); }
  std::span<const std::byte> packed_data() const override { return {packed_.get(), packed_bytes_}; }

  Status unpack(std::byte* weights) const override {
    const SingleThread guard;
    try {
      dnnl::stream stream(plan_->engine());
      for (int64_t panel = 0; panel < panels().count(); ++panel) {
        memory packed(packed_desc(panel), plan_->engine(), packed_panel(panel));
        memory plain(plain_desc(panel, k(), 1), plan_->engine(),
                     weights + panels().first(panel) * k() * element_bytes());
        dnnl::reorder(packed, plain).execute(stream, packed, plain);
      }
      stream.wait();
      return Status::ok();
    } catch (const dnnl::error& error) {
      return to_status("unpacking weights", error);
    }
  }

 private:
  size_t width_index(int64_t panel) const { return plan_->width_index(panels(), panel); }
  bool in_bf16() const { return plan_->type() == ProductType::kBF16; }
  int64_t element_bytes() const { return in_bf16() ? 4 : plan_->types().bytes; }  // of plain ones
  memory::data_type plain_type() const {
    return in_bf16() ? memory::data_type::f32 : plan_->types().weights;
  }
  const memory::desc& packed_desc(int64_t panel) const {
    return plan_->widths()[width_index(panel)]->weights;
  }
  std::byte* packed_panel(int64_t panel) const {
    return packed_.get() + static_cast<size_t>(panel) * panel_bytes_;
  }
  memory::desc plain_desc(int64_t panel, int64_t n_stride, int64_t k_stride) const {
    return {{k(), panels().columns(panel)}, plain_type(), {k_stride, n_stride}};
  }

  void pack(const PlainWeights& plain) {
    // Panels start on cache lines of their own.
    const auto& widths = plan_->widths();
    panel_bytes_ = (widths[0]->weights.get_size() + 63) / 64 * 64;
    packed_bytes_ = panel_bytes_ * static_cast<size_t>(panels().count() - 1) +
                    widths.back()->weights.get_size();
    packed_ = allocate_weights(packed_bytes_);
    dnnl::stream stream(plan_->engine());
    for (int64_t panel = 0; panel < panels().count(); ++panel) {
      auto* data = const_cast<std::byte*>(plain.data) +
                   panels().first(panel) * plain.n_stride * element_bytes();
      memory from(plain_desc(panel, plain.n_stride, plain.k_stride), plan_->engine(), data);
      memory to(packed_desc(panel), plan_->engine(), packed_panel(panel));
      dnnl::reorder(from, to).execute(stream, from, to);
    }
    stream.wait();
  }

  std::shared_ptr<const MatmulPlan> plan_;
  std::shared_ptr<std::byte> packed_;
  size_t packed_bytes_ = 0;
  size_t panel_bytes_ = 0;
};

}  // namespace

Result<std::unique_ptr<LinearProducts>> make_products(std::shared_ptr<const MatmulPlan> plan,
                                                      const PlainWeights& weights) {
  const SingleThread guard;
  try {
    if (keeps_codes(plan->type())) return make_code_products(std::move(plan), weights);
    return std::unique_ptr<LinearProducts>(std::make_unique<Products>(std::move(plan), weights));
  } catch (const dnnl::error& error) {
    return to_status("packing weights", error);
  }
}

}  // namespace octet::cpu::onednn
