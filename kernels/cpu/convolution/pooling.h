// The row of the kernel table for pooling, and its inner loop.
#pragma once

#include "kernels/api/kernel_table.h"
#include "kernels/cpu/convolution/plane_band.h"
#include "runtime/ops/pool.h"

namespace octet::cpu {

// "pool/highway": f32 with one or two spatial axes, without indices.
Support accept_pool(const KernelRequest& request);
Result<Kernel> make_pool(const KernelRequest& request);

struct PoolBand {
  PlaneBand band;              // copied; padding: the lowest value for max, 0 for the mean
  const float* column_counts;  // [dst_width rounded up to kBandColumns]; mean only
  const float* row_counts;     // [dst_height]; mean only
  float* dst;                  // [dst_height, dst_width]
};

// dst = the largest tap of every window; a NaN is taken and stays.
void pool_max(const ConvShape& shape, const PoolBand& band);
// dst = (sum of the taps in row-major order) / (row_counts[y] * column_counts[x]).
void pool_mean(const ConvShape& shape, const PoolBand& band);

}  // namespace octet::cpu
