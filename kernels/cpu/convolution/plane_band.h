// A padded copy of the rows of one channel that a band of sliding windows reads, so that every tap
// of a window is a whole vector of the copy.
#pragma once

#include <algorithm>
#include <string>

#include "kernels/api/kernel_table.h"
#include "kernels/cpu/convolution/convolution_shape.h"
#include "runtime/core/heartbeat.h"

namespace octet::cpu {

inline constexpr int64_t kBandColumns = 32;  // columns are computed in blocks of so many

// Copied columns are sorted by their remainder modulo the stride ("phases"), so that neighbouring
// windows read neighbouring floats whatever the stride.
struct PlaneBand {
  const float* src;             // [height, width]
  int64_t first_row, last_row;  // of dst
  float padding;                // stands outside of src
  float* copy;                  // copy_floats()
  int64_t* offsets;             // [kernel_height * kernel_width], of the taps in the copy
  Heartbeat* beat;              // of the task; may end copying, and computing, early
};

// Columns of one phase of a copied row: enough that the last block reads whole vectors.
inline int64_t phase_floats(const ConvShape& shape) {
  const int64_t covered = shape.dilation_width * (shape.kernel_width - 1);
  return (shape.dst_width + kBandColumns - 1) / kBandColumns * kBandColumns +
         covered / shape.stride_width + 1;
}
inline int64_t copied_rows(const ConvShape& shape, int64_t rows) {
  return (rows - 1) * shape.stride_height + shape.dilation_height * (shape.kernel_height - 1) + 1;
}
// From a copied row to the one that the next output row reads with the same tap.
inline int64_t band_row_floats(const ConvShape& shape) {
  return phase_floats(shape) * shape.stride_width * shape.stride_height;
}
// Output rows of a band: its copy takes about 64 KB, one row at least.
inline int64_t band_rows(const ConvShape& shape) {
  constexpr int64_t kCopyFloats = 16384;
  return std::clamp<int64_t>(
      kCopyFloats / band_row_floats(shape) - shape.dilation_height * (shape.kernel_height - 1), 1,
      std::max<int64_t>(shape.dst_height, 1));
}
inline int64_t band_count(const ConvShape& shape) {
  const int64_t rows = band_rows(shape);
  return (shape.dst_height + rows - 1) / rows;
}
inline int64_t copy_floats(const ConvShape& shape) {
  return copied_rows(shape, band_rows(shape)) * phase_floats(shape) * shape.stride_width;
}
inline size_t offsets_bytes(const ConvShape& shape) {
  const auto taps = static_cast<size_t>(shape.kernel_height * shape.kernel_width);
  return (taps * sizeof(int64_t) + 63) / 64 * 64;
}

// The work of a block of kBandColumns columns of the band, as a Heartbeat counts it.
inline int64_t block_units(const ConvShape& shape, const PlaneBand& band) {
  return 1 + shape.kernel_height * shape.kernel_width * (band.last_row - band.first_row) / 4;
}

// Fills `copy` and `offsets`: tap t of output (y, x) is at copy[offsets[t] + (y - first_row) *
// band_row_floats() + x].
void copy_band(const ConvShape& shape, const PlaneBand& band);

// Why bands of this window would be too large; empty where they are not.
std::string band_refusal(const Window& window);

// Refuses windows of which, where the extents are known, hardly any tap lies in src: the
// kernels multiply padding too, the reference does not.
Support require_useful_taps(const Window& window, const KernelRequest& request);

}  // namespace octet::cpu
