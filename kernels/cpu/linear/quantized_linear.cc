// QuantizedLinear over any int8 products.
#include "kernels/cpu/linear/quantized_linear.h"

#include "kernels/cpu/linear/int8_exact.h"
#include "kernels/cpu/linear/packed_layer.h"

namespace octet::cpu {
namespace {

void dequantize(const Epilogue& epilogue, const PackedLayer& packed, const RowArgs& args,
                const EpilogueBlock& block, int64_t row, int64_t column) {
  const RowOperand& params = args.inputs[1];
  const std::byte* first = params.data + row * params.row_bytes;
  dequantize_epilogue(epilogue, packed.columns().from(column, first, params.row_bytes), block);
}

Support accept_shape(const KernelRequest& request) {
  Support rows = require_rows(request);
  if (!rows.is_yes()) return rows;
  const auto& attrs = attributes_of<QuantizedLinearAttrs>(request);
  if (attrs.scheme.is_weight_only()) return Support::no("activations are float");
  if (attrs.scheme.activations.range != ActivationRange::kDynamicPerToken)
    return Support::no("activations must be quantized per token");
  Support output = require_float_output(attrs.epilogue);
  if (!output.is_yes()) return output;
  const QuantizedConstant& weights = *attrs.weights;
  if (weights.granularity == Granularity::kBlocked)
    return Support::no("scales must be per tensor or per channel");
  if (weights.zero_point && weights.zero_point->dtype() == DType::kF32)
    return Support::no("zero points must be integers");
  if (weights.n() < 1) return Support::no("N must be at least 1", weights.n());
  if (weights.k() < 1) return Support::no("K must be at least 1", weights.k());
  const int64_t greatest = greatest_exact_k(weights);
  if (weights.k() > greatest)
    return Support::no("s32 sums are exact only up to K = " + std::to_string(greatest),
                       weights.k());
  return Support::yes();
}

}  // namespace

Support accept_onednn_quantized_linear(const KernelRequest& request) {
  Support shape = accept_shape(request);
  if (!shape.is_yes()) return shape;
  const QuantizedConstant& weights = *attributes_of<QuantizedLinearAttrs>(request).weights;
  return onednn::supports_products(onednn::ProductType::kU8S8S32, weights.n(), weights.k(),
                                   request.store);
}

Result<Kernel> make_onednn_quantized_linear(const KernelRequest& request) {
  return make_onednn_packed_linear<dequantize>(request, onednn::ProductType::kU8S8S32);
}

Support accept_exact_quantized_linear(const KernelRequest& request) {
  return accept_shape(request);
}

Result<Kernel> make_exact_quantized_linear(const KernelRequest& request) {
  return make_packed_linear<dequantize>(request, kExactLayout, make_exact_products);
}

}  // namespace octet::cpu
