// The row kernel of weight-only layers.
#include "kernels/cpu/linear/weight_only_linear.h"

#include "kernels/cpu/linear/epilogue.h"
#include "kernels/cpu/linear/linear_block.h"
#include "kernels/cpu/linear/linear_f32.h"
#include "kernels/cpu/linear/packed_layer.h"
#include "kernels/cpu/onednn/matmul.h"

namespace octet::cpu {
namespace {

class WeightOnlyLinear final : public RowKernel {
 public:
  WeightOnlyLinear(const Epilogue& epilogue, std::shared_ptr<const PackedLayer> packed)
      : epilogue_(epilogue), packed_(std::move(packed)) {}

  // Inputs: src, none, bias, residual.
  Status run(const RowArgs& args) const override {
    return for_each_block(packed_->products(), args, 2, epilogue_.output_type,
                          [&](const EpilogueBlock& block, int64_t, int64_t column) {
                            scaled_epilogue(epilogue_, packed_->columns().scale() + column, block);
                          });
  }
  size_t scratch_bytes(int64_t rows, int64_t) const override {
    return block_scratch_bytes(packed_->products(), rows);
  }
  bool reads_input(int index) const override { return index != 1; }
  int64_t column_parts() const override { return packed_->products().panels().count(); }
  std::unique_ptr<KernelState> make_state() const override {
    return packed_->products().make_state();
  }
  const void* state_key() const override { return packed_->products().state_key(); }
  const PackedWeights* packed_weights() const override { return packed_.get(); }

 private:
  Epilogue epilogue_;
  std::shared_ptr<const PackedLayer> packed_;
};

Support accept(const KernelRequest& request, Products products) {
  Support rows = require_rows(request);
  if (!rows.is_yes()) return rows;
  const auto& attrs = attributes_of<QuantizedLinearAttrs>(request);
  if (!attrs.scheme.is_weight_only()) return Support::no("activations are quantized");
  if (attrs.scheme.products != products)
    return Support::no(products == Products::kF32 ? "the scheme asks for bf16 products"
                                                  : "the scheme asks for f32 products");
  const QuantizedTensor& weights = *attrs.weights;
  if (weights.granularity == Granularity::kBlocked)
    return Support::no("scales must be per tensor or per channel");
  if (weights.n() < 1) return Support::no("N must be at least 1", weights.n());
  if (weights.k() < 1) return Support::no("K must be at least 1", weights.k());
  if (has_zero_points(weights)) return Support::no("weights must be symmetric s8 codes");
  return Support::yes();
}

Support accept_onednn(const KernelRequest& request, Products products, onednn::ProductType type) {
  Support support = accept(request, products);
  if (!support.is_yes()) return support;
  const QuantizedTensor& weights = *attributes_of<QuantizedLinearAttrs>(request).weights;
  return onednn::supports_products(type, weights.n(), weights.k(), request.store);
}

Result<Kernel> make_onednn(const KernelRequest& request, onednn::ProductType type) {
  const auto& attrs = attributes_of<QuantizedLinearAttrs>(request);
  OCTET_ASSIGN_OR_RETURN(auto plan, onednn::plan_products(type, attrs.weights->n(),
                                                          attrs.weights->k(), request.store));
  OCTET_ASSIGN_OR_RETURN(
      auto packed,
      share_packed_layer(request, onednn::layout_name(*plan), [&](const PlainWeights& weights) {
        return onednn::make_products(plan, weights);
      }));
  return Kernel(std::make_unique<WeightOnlyLinear>(attrs.epilogue, std::move(packed)));
}

}  // namespace

Support accept_bf16_weight_only(const KernelRequest& request) {
  return accept_onednn(request, Products::kBF16, onednn::ProductType::kCodesBF16);
}
Result<Kernel> make_bf16_weight_only(const KernelRequest& request) {
  return make_onednn(request, onednn::ProductType::kCodesBF16);
}

Support accept_f32_weight_only(const KernelRequest& request) {
  return accept_onednn(request, Products::kF32, onednn::ProductType::kCodesF32);
}
Result<Kernel> make_f32_weight_only(const KernelRequest& request) {
  return make_onednn(request, onednn::ProductType::kCodesF32);
}

Support accept_highway_weight_only(const KernelRequest& request) {
  return accept(request, Products::kF32);
}
Result<Kernel> make_highway_weight_only(const KernelRequest& request) {
  OCTET_ASSIGN_OR_RETURN(
      auto packed, share_packed_layer(request, kHighwayCodesLayout, make_highway_code_products));
  return Kernel(std::make_unique<WeightOnlyLinear>(
      attributes_of<QuantizedLinearAttrs>(request).epilogue, std::move(packed)));
}

}  // namespace octet::cpu
