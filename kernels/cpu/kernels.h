// What the table of CPU kernels is made of, apart from matrix products and attention: accept and
// make of every op, and the conditions they share. See KernelRow for the contract of both.
#pragma once

#include "kernels/api/kernel_table.h"

namespace octet::cpu {

// Row kernels.
Support accept_layer_norm(const KernelRequest& request);
Result<Kernel> make_layer_norm(const KernelRequest& request);
Support accept_quantize_rows(const KernelRequest& request);
Result<Kernel> make_quantize_rows(const KernelRequest& request);
Support accept_quantize_codes(const KernelRequest& request);
Result<Kernel> make_quantize_codes(const KernelRequest& request);
Support accept_dequantize_codes(const KernelRequest& request);
Result<Kernel> make_dequantize_codes(const KernelRequest& request);
Support accept_softmax(const KernelRequest& request);
Result<Kernel> make_softmax(const KernelRequest& request);
Support accept_unary_rows(const KernelRequest& request);
Result<Kernel> make_unary_rows(const KernelRequest& request);
Support accept_activation_rows(const KernelRequest& request);
Result<Kernel> make_activation_rows(const KernelRequest& request);
Support accept_binary_rows(const KernelRequest& request);
Result<Kernel> make_binary_rows(const KernelRequest& request);
Support accept_gather_rows(const KernelRequest& request);
Result<Kernel> make_gather_rows(const KernelRequest& request);

// Task kernels.
Support accept_unary(const KernelRequest& request);
Result<Kernel> make_unary(const KernelRequest& request);
Support accept_binary(const KernelRequest& request);
Result<Kernel> make_binary(const KernelRequest& request);
Support accept_where(const KernelRequest& request);
Result<Kernel> make_where(const KernelRequest& request);
Support accept_clip(const KernelRequest& request);
Result<Kernel> make_clip(const KernelRequest& request);
Support accept_cast(const KernelRequest& request);
Result<Kernel> make_cast(const KernelRequest& request);
Support accept_concat(const KernelRequest& request);
Result<Kernel> make_concat(const KernelRequest& request);
Support accept_gather(const KernelRequest& request);
Result<Kernel> make_gather(const KernelRequest& request);
Support accept_reduce(const KernelRequest& request);
Result<Kernel> make_reduce(const KernelRequest& request);
Support accept_matmul(const KernelRequest& request);
Result<Kernel> make_matmul(const KernelRequest& request);

// What a Heartbeat counts for an element of a row: a vector function may call the C library.
inline constexpr int64_t kElementUnits = 8;
// Elements that loops over a row compute between two beats; a multiple of all their steps.
inline constexpr int64_t kRowPiece = int64_t{1} << 16;

// Conditions.
Support require_rows(const KernelRequest& request);  // the node is row-local
Support require_type(const KernelRequest& request,
                     DType type);  // every input that is present has this type
Support require_products(const QuantizationScheme& scheme, Products products);
// `first`, unless it is yes; then `second`.
inline Support both(Support first, Support second) { return first.is_yes() ? second : first; }

// The attributes as those of one op. Precondition: they are.
template <class Attrs>
const Attrs& attributes_of(const KernelRequest& request) {
  return std::get<Attrs>(request.attributes);
}

// Whether an optional input of a run is there.
inline bool has_input(const RowArgs& args, size_t index) {
  return index < args.inputs.size() && args.inputs[index].data != nullptr;
}
inline const TensorView* optional_input(const TaskArgs& args, size_t index) {
  return index < args.inputs.size() && args.inputs[index].data != nullptr ? &args.inputs[index]
                                                                          : nullptr;
}

}  // namespace octet::cpu
