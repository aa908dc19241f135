// QuantizedLinear over any int8 products.
#include "kernels/cpu/linear/quantized_linear.h"

#include <array>
#include <numeric>

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

// Rows of a range that is known when the model is loaded: the params of each are made for the call,
// and s8 codes become u8.
class StaticLinear final : public RowKernel {
 public:
  StaticLinear(const KernelRequest& request, std::shared_ptr<const PackedLayer> packed)
      : linear_(attributes_of<QuantizedLinearAttrs>(request).epilogue, packed),
        params_(attributes_of<QuantizedLinearAttrs>(request).src),
        is_signed_(request.inputs[0]->dtype == DType::kI8),
        k_(packed->products().k()),
        needs_sums_(packed->columns().has_zero_points()) {}

  Status run(const RowArgs& args) const override {
    std::array<RowOperand, 4> inputs{};
    std::copy(args.inputs.begin(), args.inputs.end(), inputs.begin());
    std::byte* scratch = args.scratch;
    if (is_signed_) {
      shift(args, scratch);
      inputs[0] = {scratch, k_, k_};
      scratch += code_bytes(args.rows);
    }
    auto* params = reinterpret_cast<RowParams*>(scratch);
    const int32_t zero_point = params_.zero_point + (is_signed_ ? 128 : 0);
    for (int64_t row = 0; row < args.rows; ++row)
      params[row] = {params_.scale, zero_point, needs_sums_ ? sum(inputs[0], row) : 0, 0};
    inputs[1] = {scratch, sizeof(RowParams), 1};
    RowArgs own = args;
    own.inputs = inputs;
    own.scratch = scratch + param_bytes(args.rows);
    return linear_.run(own);
  }
  size_t scratch_bytes(int64_t rows, int64_t columns) const override {
    return (is_signed_ ? code_bytes(rows) : 0) + param_bytes(rows) +
           linear_.scratch_bytes(rows, columns);
  }
  int64_t column_parts() const override { return linear_.column_parts(); }
  std::unique_ptr<KernelState> make_state() const override { return linear_.make_state(); }
  const void* state_key() const override { return linear_.state_key(); }
  const PackedWeights* packed_weights() const override { return linear_.packed_weights(); }

 private:
  static size_t aligned(int64_t bytes) { return (static_cast<size_t>(bytes) + 63) / 64 * 64; }
  size_t code_bytes(int64_t rows) const { return aligned(rows * k_); }
  static size_t param_bytes(int64_t rows) {
    return aligned(rows * static_cast<int64_t>(sizeof(RowParams)));
  }

  void shift(const RowArgs& args, std::byte* codes) const {
    for (int64_t row = 0; row < args.rows; ++row) {
      const std::byte* from = args.inputs[0].row<std::byte>(row);
      for (int64_t k = 0; k < k_; ++k) codes[row * k_ + k] = from[k] ^ std::byte{0x80};
    }
  }
  int32_t sum(const RowOperand& codes, int64_t row) const {
    const auto* first = codes.row<const uint8_t>(row);
    return std::accumulate(first, first + k_, int32_t{0});
  }

  PackedLinear<dequantize> linear_;
  StaticParams params_;
  bool is_signed_;
  int64_t k_;
  bool needs_sums_;
};

bool is_static(const KernelRequest& request) {
  const auto& attrs = attributes_of<QuantizedLinearAttrs>(request);
  return attrs.scheme.activations.range == ActivationRange::kStaticPerTensor;
}

// The kernel over a packed layer, whatever gave the activations their range.
Kernel make_layer(const KernelRequest& request, std::shared_ptr<const PackedLayer> packed) {
  if (is_static(request)) return std::make_unique<StaticLinear>(request, std::move(packed));
  return std::make_unique<PackedLinear<dequantize>>(
      attributes_of<QuantizedLinearAttrs>(request).epilogue, std::move(packed));
}

Support accept_shape(const KernelRequest& request) {
  Support rows = require_rows(request);
  if (!rows.is_yes()) return rows;
  const auto& attrs = attributes_of<QuantizedLinearAttrs>(request);
  if (attrs.scheme.is_weight_only()) return Support::no("activations are float");
  if (attrs.scheme.activations.range == ActivationRange::kDynamicPerBlock)
    return Support::no("activations must have one scale for a row");
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
  OCTET_ASSIGN_OR_RETURN(auto packed,
                         share_onednn_packed_layer(request, onednn::ProductType::kU8S8S32));
  return make_layer(request, std::move(packed));
}

Support accept_exact_quantized_linear(const KernelRequest& request) {
  return accept_shape(request);
}

Result<Kernel> make_exact_quantized_linear(const KernelRequest& request) {
  OCTET_ASSIGN_OR_RETURN(auto packed,
                         share_packed_layer(request, kExactLayout, make_exact_products));
  return make_layer(request, std::move(packed));
}

}  // namespace octet::cpu
