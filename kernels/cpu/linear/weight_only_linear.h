// Rows of the kernel table for QuantizedLinear over float rows: weight-only quantization.
//
// Weights are kept as s8 codes and become numbers panel by panel, for each tile of rows: they are
// read from memory once as bytes, and multiplied as floats. All but the last take symmetric s8
// weights with scales per tensor or per output feature.
#pragma once

#include "kernels/api/kernel_table.h"

namespace octet::cpu {

// "quantized_linear/onednn_bf16": for schemes with bf16 products.
Support accept_bf16_weight_only(const KernelRequest& request);
Result<Kernel> make_bf16_weight_only(const KernelRequest& request);

// "quantized_linear/onednn_f32": for schemes with f32 products.
Support accept_f32_weight_only(const KernelRequest& request);
Result<Kernel> make_f32_weight_only(const KernelRequest& request);

// "quantized_linear/highway": f32 products on any CPU; see linear_f32.h.
Support accept_highway_weight_only(const KernelRequest& request);
Result<Kernel> make_highway_weight_only(const KernelRequest& request);

// "quantized_linear/blocks": what the others decline, in f32 products: codes of 8, 4 or 2 bits,
// zero points of any kind, scales in blocks; see block_codes.h.
Support accept_block_weight_only(const KernelRequest& request);
Result<Kernel> make_block_weight_only(const KernelRequest& request);

}  // namespace octet::cpu
