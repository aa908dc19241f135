// Rows of the kernel table for Resize.
#pragma once

#include "kernels/api/kernel_table.h"

namespace octet::cpu {

// "resize/nearest": all types, rows of elements at a table of places.
Support accept_resize_nearest(const KernelRequest& request);
Result<Kernel> make_resize_nearest(const KernelRequest& request);

// "resize/planes": linear and cubic in f32 where the last two axes alone change.
Support accept_resize_planes(const KernelRequest& request);
Result<Kernel> make_resize_planes(const KernelRequest& request);

}  // namespace octet::cpu
