// Rows of the kernel table for QuantizedLinear: u8 rows, s8 or u8 weights, exact s32 sums, float
// epilogue.
//
// Both take weights with scales per tensor or per output feature, with and without zero points; u8
// weights are packed as s8 codes less 128. K is limited so that sums fit s32. Packed weights give
// the plain codes back bit for bit.
#pragma once

#include "kernels/api/kernel_table.h"

namespace octet::cpu {

// "quantized_linear/onednn": needs VNNI, see onednn/matmul.h.
Support accept_onednn_quantized_linear(const KernelRequest& request);
Result<Kernel> make_onednn_quantized_linear(const KernelRequest& request);

// "quantized_linear/exact": any CPU; see int8_exact.h.
Support accept_exact_quantized_linear(const KernelRequest& request);
Result<Kernel> make_exact_quantized_linear(const KernelRequest& request);

}  // namespace octet::cpu
