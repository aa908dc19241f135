// Rows of the kernel table for TopK and NonMaxSuppression.
#pragma once

#include "kernels/api/kernel_table.h"

namespace octet::cpu {

// f32 and i32.
Support accept_top_k(const KernelRequest& request);
Result<Kernel> make_top_k(const KernelRequest& request);
Support accept_non_max_suppression(const KernelRequest& request);
Result<Kernel> make_non_max_suppression(const KernelRequest& request);

}  // namespace octet::cpu
