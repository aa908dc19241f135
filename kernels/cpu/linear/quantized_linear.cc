// The row kernel of QuantizedLinear over any int8 products.
#include "kernels/cpu/linear/quantized_linear.h"

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/linear/epilogue.h"
#include "kernels/cpu/linear/int8_exact.h"
#include "kernels/cpu/linear/linear_block.h"
#include "kernels/cpu/linear/packed_layer.h"
#include "kernels/cpu/onednn/matmul.h"

namespace octet::cpu {
namespace {

class QuantizedLinear final : public RowKernel {
 public:
  QuantizedLinear(const Epilogue& epilogue, std::shared_ptr<const PackedLayer> packed)
      : epilogue_(epilogue), packed_(std::move(packed)) {}

  // Inputs: codes, params, bias, residual.
  Status run(const RowArgs& args) const override {
    return for_each_block(packed_->products(), args, 2, epilogue_.output_type,
                          [&](const EpilogueBlock& block, int64_t row, int64_t column) {
                            const RowOperand& params = args.inputs[1];
                            dequantize_epilogue(
                                epilogue_,
                                packed_->columns().from(
                                    column, params.data + row * params.row_bytes, params.row_bytes),
                                block);
                          });
  }
  size_t scratch_bytes(int64_t rows, int64_t) const override {
    return block_scratch_bytes(packed_->products(), rows);
  }
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

Support accept_shape(const KernelRequest& request) {
  Support rows = require_rows(request);
  if (!rows.is_yes()) return rows;
  const auto& attrs = attributes_of<QuantizedLinearAttrs>(request);
  if (attrs.scheme.is_weight_only()) return Support::no("activations are float");
  const QuantizedTensor& weights = *attrs.weights;
  if (weights.granularity == Granularity::kBlocked)
    return Support::no("scales must be per tensor or per channel");
  if (weights.n() < 1) return Support::no("N must be at least 1", weights.n());
  if (weights.k() < 1) return Support::no("K must be at least 1", weights.k());
  const int64_t greatest = greatest_exact_k(weights);
  if (weights.k() > greatest)
    return Support::no("s32 sums are exact only up to K = " + std::to_string(greatest),
                       weights.k());
  return Support::yes();
}

template <class MakeProducts>
Result<Kernel> make(const KernelRequest& request, const std::string& layout,
                    const MakeProducts& make_products) {
  OCTET_ASSIGN_OR_RETURN(auto packed, share_packed_layer(request, layout, make_products));
  return Kernel(std::make_unique<QuantizedLinear>(
      attributes_of<QuantizedLinearAttrs>(request).epilogue, std::move(packed)));
}

}  // namespace

Support accept_onednn_quantized_linear(const KernelRequest& request) {
  Support shape = accept_shape(request);
  if (!shape.is_yes()) return shape;
  const QuantizedTensor& weights = *attributes_of<QuantizedLinearAttrs>(request).weights;
  return onednn::supports_products(onednn::ProductType::kU8S8S32, weights.n(), weights.k(),
                                   request.store);
}

Result<Kernel> make_onednn_quantized_linear(const KernelRequest& request) {
  const QuantizedTensor& shape = *attributes_of<QuantizedLinearAttrs>(request).weights;
  OCTET_ASSIGN_OR_RETURN(auto plan, onednn::plan_products(onednn::ProductType::kU8S8S32, shape.n(),
                                                          shape.k(), request.store));
  return make(request, onednn::layout_name(*plan),
              [&](const PlainWeights& weights) { return onednn::make_products(plan, weights); });
}

Support accept_exact_quantized_linear(const KernelRequest& request) {
  return accept_shape(request);
}

Result<Kernel> make_exact_quantized_linear(const KernelRequest& request) {
  return make(request, kExactLayout, make_exact_products);
}

}  // namespace octet::cpu
