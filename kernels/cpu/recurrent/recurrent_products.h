// The products of a recurrence: states times packed weights.
#pragma once

#include "kernels/cpu/recurrent/recurrent_layout.h"

namespace octet::cpu {

// For each of `rows` states [k], `blocks` blocks of packed weights (recurrent_layout.h) from
// `weights` on, which take turns in `gates` gates:
//   dst[row][gate][unit] = sum over k, ascending, of src[row][k] * weights[..][k][unit]
// with one fused multiply-add each, so that a sum is the same bits whatever is computed with it.
// dst is [rows][gates][kPassUnits]. Precondition: blocks <= gates * kPassUnits / kUnitBlock.
struct RecurrentProduct {
  const float* src;
  int64_t src_stride;  // elements from a row to the next
  int64_t rows;
  const float* weights;
  int64_t blocks;
  int64_t gates;
  int64_t k;
  float* dst;
};
void multiply_states(const RecurrentProduct& product);

}  // namespace octet::cpu
