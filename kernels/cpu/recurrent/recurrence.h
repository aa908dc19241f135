// Recurrences of f32 over packed weights. See KernelRow for the contract of both.
#pragma once

#include "kernels/api/kernel_table.h"

namespace octet::cpu {

Support accept_recurrence(const KernelRequest& request);
Result<Kernel> make_recurrence(const KernelRequest& request);

}  // namespace octet::cpu
