// The row kernel of QuantizedLinear over any int8 products.
#include "kernels/cpu/quantized_linear.h"

#include "kernels/cpu/epilogue.h"
#include "kernels/cpu/int8_exact.h"
#include "kernels/cpu/kernels.h"
#include "kernels/cpu/linear_block.h"
#include "kernels/cpu/onednn/matmul.h"
#include "kernels/cpu/quantized_linear_weights.h"

namespace octet::cpu {
namespace {

class PackedCodes final : public PackedWeights {
 public:
  PackedCodes(const LinearProducts& products, DType type) : products_(products), type_(type) {}
  std::string layout_name() const override { return products_.layout_name(); }
  std::span<const std::byte> packed_data() const override { return products_.packed_data(); }
  Tensor int_data() const override {
    Tensor codes(type_, {products_.n(), products_.k()});
    [[maybe_unused]] const Status status = products_.unpack(codes.bytes());
    assert(status.is_ok() && "the same reorder packed them");
    from_s8_codes(codes.bytes(), codes.byte_count(), type_);
    return codes;
  }

 private:
  const LinearProducts& products_;
  DType type_;
};

class QuantizedLinear final : public RowKernel {
 public:
  QuantizedLinear(const QuantizedLinearAttrs& attrs, std::unique_ptr<LinearProducts> products)
      : epilogue_(attrs.epilogue),
        columns_(*attrs.weights),
        products_(std::move(products)),
        packed_(*products_, attrs.weights->int_data.dtype()) {}

  // Inputs: codes, params, bias, residual.
  Status run(const RowArgs& args) const override {
    return for_each_block(
        *products_, args, 2, epilogue_.output_type,
        [&](const EpilogueBlock& block, int64_t row, int64_t column) {
          const RowOperand& params = args.inputs[1];
          dequantize_epilogue(
              epilogue_,
              columns_.from(column, params.data + row * params.row_bytes, params.row_bytes), block);
        });
  }
  size_t scratch_bytes(int64_t rows, int64_t) const override {
    return block_scratch_bytes(*products_, rows);
  }
  int64_t column_parts() const override { return products_->panels().count(); }
  std::unique_ptr<KernelState> make_state() const override { return products_->make_state(); }
  const PackedWeights* packed_weights() const override { return &packed_; }

 private:
  Epilogue epilogue_;
  QuantizedColumns columns_;
  std::unique_ptr<LinearProducts> products_;
  PackedCodes packed_;
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

// Packs the weights with `make_products`.
template <class MakeProducts>
Result<Kernel> make(const KernelRequest& request, const MakeProducts& make_products) {
  const auto& attrs = attributes_of<QuantizedLinearAttrs>(request);
  const int64_t n = attrs.weights->n(), k = attrs.weights->k();
  const Tensor codes = to_s8_codes(attrs.weights->int_data);
  OCTET_ASSIGN_OR_RETURN(auto products, make_products(PlainWeights{codes.bytes(), n, k, k, 1}));
  return Kernel(std::make_unique<QuantizedLinear>(attrs, std::move(products)));
}

}  // namespace

Support accept_onednn_quantized_linear(const KernelRequest& request) {
  Support shape = accept_shape(request);
  if (!shape.is_yes()) return shape;
  const QuantizedTensor& weights = *attributes_of<QuantizedLinearAttrs>(request).weights;
  return onednn::supports_products(onednn::ProductType::kU8S8S32, weights.n(), weights.k());
}

Result<Kernel> make_onednn_quantized_linear(const KernelRequest& request) {
  return make(request, [](const PlainWeights& weights) {
    return onednn::make_products(onednn::ProductType::kU8S8S32, weights);
  });
}

Support accept_exact_quantized_linear(const KernelRequest& request) {
  return accept_shape(request);
}

Result<Kernel> make_exact_quantized_linear(const KernelRequest& request) {
  return make(request, make_exact_products);
}

}  // namespace octet::cpu
