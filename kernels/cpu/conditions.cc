// The conditions that the accept functions of several kernels share.
#include "kernels/cpu/kernels.h"

namespace octet::cpu {

Support require_rows(const KernelRequest& request) {
  if (row_access(request.attributes, request.inputs, request.outputs)) return Support::yes();
  return Support::no("the operands are not aligned row by row");
}

Support require_type(const KernelRequest& request, DType type) {
  for (size_t i = 0; i < request.inputs.size(); ++i) {
    const TypeInfo* input = request.inputs[i];
    if (input != nullptr && input->dtype != type)
      return Support::no("input " + std::to_string(i) + " must be " + dtype_name(type) +
                         ", found " + dtype_name(input->dtype));
  }
  return Support::yes();
}

Support require_products(const QuantizationScheme& scheme, Products products) {
  if (scheme.products == products) return Support::yes();
  return Support::no(products == Products::kF32 ? "the scheme asks for bf16 products"
                                                : "the scheme asks for f32 products");
}

}  // namespace octet::cpu
