// The packed codes of a quantized layer, which all layers with the same weights share, and the row
// kernel over them.
#pragma once

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/linear/linear_block.h"
#include "kernels/cpu/linear/quantized_linear_weights.h"
#include "kernels/cpu/onednn/matmul.h"

namespace octet::cpu {

// Packed codes, and what the epilogue needs per column.
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

template <class MakeProducts>
Result<std::shared_ptr<const PackedLayer>> pack_layer(const QuantizedConstant& constant,
                                                      const MakeProducts& make_products) {
  if (!constant.has_codes()) return internal_error("the codes were packed for another kernel");
  OCTET_ASSIGN_OR_RETURN(const QuantizedTensor weights, constant.load());
  const Tensor codes = to_s8_codes(weights.int_data);
  const int64_t n = weights.n(), k = weights.k();
  OCTET_ASSIGN_OR_RETURN(auto products, make_products(PlainWeights{codes.bytes(), n, k, k, 1}));
  return std::make_shared<const PackedLayer>(std::move(products), weights);
}

// Packs the weights of a QuantizedLinear with `make_products`, unless another layer of the model
// has them in this layout.
template <class MakeProducts>
Result<std::shared_ptr<const PackedLayer>> share_packed_layer(const KernelRequest& request,
                                                              const std::string& layout,
                                                              const MakeProducts& make_products) {
  const QuantizedConstant& weights = *attributes_of<QuantizedLinearAttrs>(request).weights;
  const SharedKey key = weights.key.with("packed as int8").with(layout);
  return get_shared<PackedLayer>(request.store, key,
                                 [&] { return pack_layer(weights, make_products); });
}

// The row kernel over a packed layer. `Finish` makes outputs of the sums of a block:
// finish(epilogue, packed layer, args, block, row, column). Inputs: rows, params or none, bias,
// residual. `Packed` has products().
template <auto Finish, class Packed = PackedLayer>
class PackedLinear final : public RowKernel {
 public:
  PackedLinear(const Epilogue& epilogue, std::shared_ptr<const Packed> packed)
      : epilogue_(epilogue), packed_(std::move(packed)) {}

  Status run(const RowArgs& args) const override {
    return for_each_block(products(), args, 2, epilogue_.output_type,
                          [&](const EpilogueBlock& block, int64_t row, int64_t column) {
                            Finish(epilogue_, *packed_, args, block, row, column);
                          });
  }
  size_t scratch_bytes(int64_t rows, int64_t) const override {
    return block_scratch_bytes(products(), rows);
  }
  int64_t column_parts() const override { return products().panels().count(); }
  std::unique_ptr<KernelState> make_state() const override { return products().make_state(); }
  const void* state_key() const override { return products().state_key(); }
  const PackedWeights* packed_weights() const override { return packed_.get(); }

 private:
  const LinearProducts& products() const { return packed_->products(); }

  Epilogue epilogue_;
  std::shared_ptr<const Packed> packed_;
};

// A QuantizedLinear whose weights `make_products` packs, unless they are packed in this layout.
template <auto Finish, class MakeProducts>
Result<Kernel> make_packed_linear(const KernelRequest& request, const std::string& layout,
                                  const MakeProducts& make_products) {
  OCTET_ASSIGN_OR_RETURN(auto packed, share_packed_layer(request, layout, make_products));
  return Kernel(std::make_unique<PackedLinear<Finish>>(
      attributes_of<QuantizedLinearAttrs>(request).epilogue, std::move(packed)));
}

// share_packed_layer() over oneDNN's products.
inline Result<std::shared_ptr<const PackedLayer>> share_onednn_packed_layer(
    const KernelRequest& request, onednn::ProductType type) {
  const QuantizedConstant& shape = *attributes_of<QuantizedLinearAttrs>(request).weights;
  OCTET_ASSIGN_OR_RETURN(auto plan,
                         onednn::plan_products(type, shape.n(), shape.k(), request.store));
  return share_packed_layer(request, onednn::layout_name(*plan), [&](const PlainWeights& weights) {
    return onednn::make_products(plan, weights);
  });
}

// make_packed_linear() over them.
template <auto Finish>
Result<Kernel> make_onednn_packed_linear(const KernelRequest& request, onednn::ProductType type) {
  OCTET_ASSIGN_OR_RETURN(auto packed, share_onednn_packed_layer(request, type));
  return Kernel(std::make_unique<PackedLinear<Finish>>(
      attributes_of<QuantizedLinearAttrs>(request).epilogue, std::move(packed)));
}

}  // namespace octet::cpu
