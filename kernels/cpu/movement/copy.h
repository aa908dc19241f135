// The copy between a view and contiguous memory.
#pragma once

#include <memory>

#include "kernels/api/kernel.h"

namespace octet {

// Copies input 0, any strides (also 0 and negative) and any dtype, to output 0 of the same dtype.
// That has the same shape and any strides that keep its elements apart, or it is contiguous and
// takes as many elements in row-major order of the input's shape.
std::unique_ptr<TaskKernel> make_copy_kernel();

}  // namespace octet
