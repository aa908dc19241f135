// f32 products with weights that are kept as codes of 8, 4 or 2 bits in blocks along K, each with a
// scale and a zero point of its own.
#pragma once

#include "kernels/cpu/linear/linear_products.h"
#include "runtime/core/quantized_tensor.h"

namespace octet::cpu {

// Sums are f32, as linear_f32.h says, of weights (code - zero_point) * scale, which are rounded to
// f32 panel by panel for each tile of rows. Any granularity, integer or float zero points, group
// index; no smoothing. unpack() gives codes of one byte. Never fails. Precondition: validate() is
// ok.
std::unique_ptr<LinearProducts> make_block_code_products(const QuantizedTensor& weights);

}  // namespace octet::cpu
