// Weight-only layers over any float products of codes.
#include "kernels/cpu/linear/weight_only_linear.h"

#include "kernels/cpu/linear/linear_f32.h"
#include "kernels/cpu/linear/packed_layer.h"

namespace octet::cpu {
namespace {

void scale(const Epilogue& epilogue, const PackedLayer& packed, const RowArgs&,
           const EpilogueBlock& block, int64_t, int64_t column) {
  scaled_epilogue(epilogue, packed.columns().scale() + column, block);
}

Support accept(const KernelRequest& request, Products products) {
  Support rows = require_rows(request);
  if (!rows.is_yes()) return rows;
  const auto& attrs = attributes_of<QuantizedLinearAttrs>(request);
  if (!attrs.scheme.is_weight_only()) return Support::no("activations are quantized");
  Support asked =
      both(require_float_output(attrs.epilogue), require_products(attrs.scheme, products));
  if (!asked.is_yes()) return asked;
  const QuantizedConstant& weights = *attrs.weights;
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
  const QuantizedConstant& weights = *attributes_of<QuantizedLinearAttrs>(request).weights;
  return onednn::supports_products(type, weights.n(), weights.k(), request.store);
}

}  // namespace

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
