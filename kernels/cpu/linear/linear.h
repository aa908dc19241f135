// Rows of the kernel table for Linear in f32 and bf16.
//
// They take constant weights in both orientations, which they pack, so runs do not read input 1. A
// row's result does not depend on how many rows are computed together.
#pragma once

#include "kernels/api/kernel_table.h"

namespace octet::cpu {

// "linear/onednn": declines where oneDNN has no fast implementation, with that one's name.
Support accept_onednn_linear(const KernelRequest& request);
Result<Kernel> make_onednn_linear(const KernelRequest& request);

// "linear/onednn_bf16": products in bf16; declines where the CPU has none.
Support accept_onednn_bf16_linear(const KernelRequest& request);
Result<Kernel> make_onednn_bf16_linear(const KernelRequest& request);

// "linear/highway": f32 on any CPU; see linear_f32.h.
Support accept_highway_linear(const KernelRequest& request);
Result<Kernel> make_highway_linear(const KernelRequest& request);

}  // namespace octet::cpu
