// A weighted sum over the taps of several axes.
#pragma once

#include <span>

#include "kernels/numerics/axis_taps.h"
#include "kernels/reference/numbers.h"
#include "runtime/core/heartbeat.h"

namespace octet::reference {

// Over all combinations of `taps`, which are of the axes of src from `axis` on, one by one.
// `offset`: of the element under the axes before. Means nothing once `beat`, which is asked for
// every tap, says stop.
inline double sample(Heartbeat& beat, const TensorView& src, int64_t offset, int axis,
                     std::span<const numerics::AxisTaps> taps) {
  if (taps.empty() || beat.stop()) return load_number(src, offset);
  double sum = 0;
  for (int i = 0; i < taps[0].count; ++i) {
    const auto n = static_cast<size_t>(i);
    if (taps[0].index[n] < 0) continue;
    const int64_t at = offset + taps[0].index[n] * src.strides[axis];
    sum += taps[0].weight[n] * sample(beat, src, at, axis + 1, taps.subspan(1));
  }
  return sum;
}

}  // namespace octet::reference
