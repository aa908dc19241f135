// The row kernel of QuantizedLinear over any int8 products.
#include "kernels/cpu/linear/quantized_linear.h"

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/linear/epilogue.h"
#include "kernels/cpu/linear/int8_exact.h"
#include "kernels/cpu/linear/linear_block.h"
#include "kernels/cpu/linear/quantized_linear_weights.h"
#include "kernels/cpu/onednn/matmul.h"
#include "runtime/core/quantized_store.h"

namespace octet::cpu {
namespace {

// Packed codes and what the epilogue needs per column: all that layers with the same weights share.
class PackedLayer final : public PackedWeights {
 public:
  PackedLayer(std::unique_ptr<LinearProducts> products, const QuantizedTensor& weights)
      : products_(std::move(products)), columns_(weights), type_(weights.int_data.dtype()) {}
  std::string layout_name() const override { return products_->layout_name(); }
  std::span<const std::byte> packed_data() const override { return products_->packed_data(); }
  Tensor int_data() const override {
    Tensor codes(type_, {products_->n(), products_->k()});
    [[maybe_unused]] const Status status = products_->unpack(codes.bytes());
    assert(status.is_ok() && "the same reorder packed them");
    from_s8_codes(codes.bytes(), codes.byte_count(), type_);
    return codes;
  }
  const LinearProducts& products() const { return *products_; }
  const QuantizedColumns& columns() const { return columns_; }

 private:
  std::unique_ptr<LinearProducts> products_;
  QuantizedColumns columns_;
  DType type_;
};

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
  const QuantizedTensor& weights = *attributes_of<QuantizedLinearAttrs>(request).weights;
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
Result<std::shared_ptr<const PackedLayer>> pack_layer(const QuantizedTensor& weights,
                                                      const MakeProducts& make_products) {
  if (!has_codes(weights)) return internal_error("the codes were packed for another kernel");
  const Tensor codes = to_s8_codes(weights.int_data);
  const int64_t n = weights.n(), k = weights.k();
  OCTET_ASSIGN_OR_RETURN(auto products, make_products(PlainWeights{codes.bytes(), n, k, k, 1}));
  return std::make_shared<const PackedLayer>(std::move(products), weights);
}

// Packs the weights with `make_products`, unless another layer of the model has them in this
// layout.
template <class MakeProducts>
Result<Kernel> make(const KernelRequest& request, const std::string& layout,
                    const MakeProducts& make_products) {
  const auto& attrs = attributes_of<QuantizedLinearAttrs>(request);
  const SharedKey key = attrs.weights->key.with("packed as int8").with(layout);
  OCTET_ASSIGN_OR_RETURN(auto packed, get_shared<PackedLayer>(request.store, key, [&] {
                           return pack_layer(*attrs.weights, make_products);
                         }));
  return Kernel(std::make_unique<QuantizedLinear>(attrs.epilogue, std::move(packed)));
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
