// Rows of the kernel table for GridSample, RoiAlign and DeformColumns in f32.
#pragma once

#include "kernels/api/kernel_table.h"

namespace octet::cpu {

Support accept_grid_sample(const KernelRequest& request);
Result<Kernel> make_grid_sample(const KernelRequest& request);
Support accept_roi_align(const KernelRequest& request);
Result<Kernel> make_roi_align(const KernelRequest& request);
Support accept_deform_columns(const KernelRequest& request);
Result<Kernel> make_deform_columns(const KernelRequest& request);

}  // namespace octet::cpu
