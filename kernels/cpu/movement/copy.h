// The copy that turns a view into contiguous memory.
#pragma once

#include <memory>

#include "kernels/api/kernel.h"

namespace octet {

// Copies input 0, any strides (also 0 and negative) and any dtype, to output 0, which is contiguous
// and has the same dtype and as many elements, in row-major order of the input's shape.
std::unique_ptr<TaskKernel> make_copy_kernel();

}  // namespace octet
