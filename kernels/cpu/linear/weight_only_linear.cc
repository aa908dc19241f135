// Weight-only layers over any float products of codes.
#include "kernels/cpu/linear/weight_only_linear.h"

#include "kernels/cpu/linear/block_codes.h"
#include "kernels/cpu/linear/linear_f32.h"
#include "kernels/cpu/linear/packed_layer.h"

namespace octet::cpu {
namespace {

void scale(const Epilogue& epilogue, const PackedLayer& packed, const RowArgs&,
           const EpilogueBlock& block, int64_t, int64_t column) {
  scaled_epilogue(epilogue, packed.columns().scale() + column, block);
}

// What all of them ask for.
Support accept_any(const KernelRequest& request, Products products) {
  Support rows = require_rows(request);
  if (!rows.is_yes()) return rows;
  const auto& attrs = attributes_of<QuantizedLinearAttrs>(request);
  if (!attrs.scheme.is_weight_only()) return Support::no("activations are quantized");
  Support asked = require_products(attrs.scheme, products);
  if (!asked.is_yes()) return asked;
  if (attrs.weights->n() < 1) return Support::no("N must be at least 1", attrs.weights->n());
  if (attrs.weights->k() < 1) return Support::no("K must be at least 1", attrs.weights->k());
  return Support::yes();
}

Support accept(const KernelRequest& request, Products products) {
  Support any = accept_any(request, products);
  if (!any.is_yes()) return any;
  const QuantizedConstant& weights = *attributes_of<QuantizedLinearAttrs>(request).weights;
  if (weights.granularity == Granularity::kBlocked)
    return Support::no("scales must be per tensor or per channel");
  if (has_zero_points(weights)) return Support::no("weights must be symmetric s8 codes");
  return Support::yes();
}

Support accept_onednn(const KernelRequest& request, Products products, onednn::ProductType type) {
  Support support = accept(request, products);
  if (!support.is_yes()) return support;
  const QuantizedConstant& weights = *attributes_of<QuantizedLinearAttrs>(request).weights;
  return onednn::supports_products(type, weights.n(), weights.k(), request.store);
}

// Codes in blocks, which all layers with the same weights share.
class PackedBlocks final : public PackedWeights {
 public:
  PackedBlocks(std::unique_ptr<LinearProducts> products, DType type)
      : products_(std::move(products)), type_(type) {}
  std::string layout_name() const override { return products_->layout_name(); }
  std::span<const std::byte> packed_data() const override { return products_->packed_data(); }
  Tensor int_data() const override {
    Tensor codes(type_, {products_->n(), products_->k()});
    [[maybe_unused]] const Status status = products_->unpack(codes.bytes());
    return codes;
  }
  const LinearProducts& products() const { return *products_; }

 private:
  std::unique_ptr<LinearProducts> products_;
  DType type_;
};

// The products are of weights with their scales.
void finish(const Epilogue& epilogue, const PackedBlocks&, const RowArgs&,
            const EpilogueBlock& block, int64_t, int64_t) {
  float_epilogue(epilogue, block);
}

}  // namespace

Support accept_block_weight_only(const KernelRequest& request) {
  Support any = accept_any(request, Products::kF32);
  if (!any.is_yes()) return any;
  if (attributes_of<QuantizedLinearAttrs>(request).weights->smoothing)
    return Support::no("weights must not be smoothed");
  return Support::yes();
}
Result<Kernel> make_block_weight_only(const KernelRequest& request) {
  const auto& attrs = attributes_of<QuantizedLinearAttrs>(request);
  const auto pack = [&]() -> Result<std::shared_ptr<const PackedBlocks>> {
    if (!attrs.weights->has_codes())
      return internal_error("the codes were packed for another kernel");
    OCTET_ASSIGN_OR_RETURN(const QuantizedTensor weights, attrs.weights->load());
    return std::make_shared<const PackedBlocks>(make_block_code_products(weights),
                                                weights.int_data.dtype());
  };
  OCTET_ASSIGN_OR_RETURN(
      auto packed,
      get_shared<PackedBlocks>(request.store, attrs.weights->key.with("packed in blocks"), pack));
  return Kernel(
      std::make_unique<PackedLinear<finish, PackedBlocks>>(attrs.epilogue, std::move(packed)));
}

Support accept_bf16_weight_only(const KernelRequest& request) {
  return accept_onednn(request, Products::kBF16, onednn::ProductType::kCodesBF16);
}
Result<Kernel> make_bf16_weight_only(const KernelRequest& request) {
  return make_onednn_packed_linear<scale>(request, onednn::ProductType::kCodesBF16);
}

Support accept_f32_weight_only(const KernelRequest& request) {
  return accept_onednn(request, Products::kF32, onednn::ProductType::kCodesF32);
}
Result<Kernel> make_f32_weight_only(const KernelRequest& request) {
  return make_onednn_packed_linear<scale>(request, onednn::ProductType::kCodesF32);
}

Support accept_highway_weight_only(const KernelRequest& request) {
  return accept(request, Products::kF32);
}
Result<Kernel> make_highway_weight_only(const KernelRequest& request) {
  return make_packed_linear<scale>(request, kHighwayCodesLayout, make_highway_code_products);
}

}  // namespace octet::cpu
