// The row kernel of Linear over any float products.
#include "kernels/cpu/linear/linear.h"

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/linear/epilogue.h"
#include "kernels/cpu/linear/linear_block.h"
#include "kernels/cpu/linear/linear_f32.h"
#include "kernels/cpu/onednn/matmul.h"

namespace octet::cpu {
namespace {

class Linear final : public RowKernel {
 public:
  Linear(const Epilogue& epilogue, std::shared_ptr<const LinearProducts> products)
      : epilogue_(epilogue), products_(std::move(products)) {}

  // Inputs: src, weights (packed), bias, residual.
  Status run(const RowArgs& args) const override {
    return for_each_block(
        *products_, args, 2, epilogue_.output_type,
        [&](const EpilogueBlock& block, int64_t, int64_t) { float_epilogue(epilogue_, block); });
  }
  size_t scratch_bytes(int64_t rows, int64_t) const override {
    return block_scratch_bytes(*products_, rows);
  }
  bool reads_input(int index) const override { return index != 1; }
  int64_t column_parts() const override { return products_->panels().count(); }
  std::unique_ptr<KernelState> make_state() const override { return products_->make_state(); }
  const void* state_key() const override { return products_->state_key(); }

 private:
  Epilogue epilogue_;
  std::shared_ptr<const LinearProducts> products_;
};

// [N, K] or [K, N] as PlainWeights; `data` may be nullptr.
PlainWeights plain_weights(const LinearAttrs& attrs, const Shape& shape, const std::byte* data) {
  if (attrs.weights_transposed) return {data, shape[0], shape[1], shape[1], 1};
  return {data, shape[1], shape[0], 1, shape[1]};
}

PlainWeights shape_of(const KernelRequest& request) {
  return plain_weights(attributes_of<LinearAttrs>(request), request.constants[1]->shape(), nullptr);
}

Support accept_shape(const KernelRequest& request, Products products) {
  Support conditions = both(require_rows(request), require_type(request, DType::kF32));
  if (!conditions.is_yes()) return conditions;
  if (request.constants[1] == nullptr) return Support::no("the weights must be constant");
  const auto& attrs = attributes_of<LinearAttrs>(request);
  Support asked = require_products(attrs.scheme, products);
  if (!asked.is_yes()) return asked;
  const PlainWeights weights = shape_of(request);
  if (weights.n < 1) return Support::no("N must be at least 1", weights.n);
  if (weights.k < 1) return Support::no("K must be at least 1", weights.k);
  // A row of a panel is one call of a library, which nothing can end.
  constexpr int64_t kPanelColumns = 64, kMostProducts = int64_t{1} << 26;
  if (weights.k > kMostProducts / std::min(weights.n, kPanelColumns))
    return Support::no("K must be at most 2^28 / min(N, 64)", weights.k);
  return Support::yes();
}

template <class MakeProducts>
Result<std::shared_ptr<const LinearProducts>> pack_products(const Constant& constant,
                                                            const LinearAttrs& attrs,
                                                            const MakeProducts& make_products) {
  OCTET_ASSIGN_OR_RETURN(const Tensor weights, constant.load());
  OCTET_ASSIGN_OR_RETURN(auto products,
                         make_products(plain_weights(attrs, weights.shape(), weights.bytes())));
  return std::shared_ptr<const LinearProducts>(std::move(products));
}

// Reads and packs the weights with `make_products`, unless another layer of the model has them in
// this layout.
template <class MakeProducts>
Result<Kernel> make(const KernelRequest& request, const std::string& layout,
                    const MakeProducts& make_products) {
  const auto& attrs = attributes_of<LinearAttrs>(request);
  const Constant& constant = *request.constants[1];
  const SharedKey key = constant.key()
                            .with(attrs.weights_transposed ? "as [N, K]" : "as [K, N]")
                            .with(attrs.scheme.products == Products::kBF16 ? "packed as bfloat16"
                                                                           : "packed as float32")
                            .with(layout);
  OCTET_ASSIGN_OR_RETURN(auto products, get_shared<LinearProducts>(request.store, key, [&] {
                           return pack_products(constant, attrs, make_products);
                         }));
  return Kernel(std::make_unique<Linear>(attrs.epilogue, std::move(products)));
}

Support accept_onednn(const KernelRequest& request, Products products, onednn::ProductType type) {
  Support shape = accept_shape(request, products);
  if (!shape.is_yes()) return shape;
  const PlainWeights weights = shape_of(request);
  return onednn::supports_products(type, weights.n, weights.k, request.store);
}

Result<Kernel> make_onednn(const KernelRequest& request, onednn::ProductType type) {
  const PlainWeights shape = shape_of(request);
  OCTET_ASSIGN_OR_RETURN(auto plan, onednn::plan_products(type, shape.n, shape.k, request.store));
  return make(request, onednn::layout_name(*plan),
              [&](const PlainWeights& weights) { return onednn::make_products(plan, weights); });
}

}  // namespace

Support accept_onednn_linear(const KernelRequest& request) {
  return accept_onednn(request, Products::kF32, onednn::ProductType::kF32);
}
Result<Kernel> make_onednn_linear(const KernelRequest& request) {
  return make_onednn(request, onednn::ProductType::kF32);
}

Support accept_onednn_bf16_linear(const KernelRequest& request) {
  return accept_onednn(request, Products::kBF16, onednn::ProductType::kBF16);
}
Result<Kernel> make_onednn_bf16_linear(const KernelRequest& request) {
  return make_onednn(request, onednn::ProductType::kBF16);
}

Support accept_highway_linear(const KernelRequest& request) {
  return accept_shape(request, Products::kF32);
}

Result<Kernel> make_highway_linear(const KernelRequest& request) {
  return make(request, kHighwayLayout, make_highway_products);
}

}  // namespace octet::cpu
