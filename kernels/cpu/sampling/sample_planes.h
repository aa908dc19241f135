// Samples between the elements of planes: every position has taps, weighted elements of the plane
// that are the same in all channels.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/numerics/axis_taps.h"
#include "runtime/core/heartbeat.h"
#include "runtime/core/shape.h"
#include "runtime/core/status.h"
#include "runtime/ops/grid_sample.h"

namespace octet::cpu {

// Positions that are sampled at once, and taps of each that a table has room for.
inline constexpr int64_t kSamplePositions = 64;
inline constexpr int64_t kSampleTaps = 64;

// The taps of up to kSamplePositions positions, in a task's scratch memory.
class TapTable {
 public:
  static constexpr size_t kBytes =
      kSamplePositions * kSampleTaps * (sizeof(int32_t) + sizeof(float));

  // `scratch` has kBytes; `spatial` are the extents of a plane.
  TapTable(std::byte* scratch, std::span<const int64_t> spatial);

  // So many taps for every position, all of them zeros. taps <= kSampleTaps.
  void clear(int64_t taps);
  // The taps of a position from `first_tap` on: all combinations of those of the axes, whose
  // weights are also multiplied with `weight`.
  void set(int64_t position, int64_t first_tap, std::span<const numerics::AxisTaps> axes,
           double weight = 1);

  int64_t taps() const { return taps_; }
  const int32_t* offsets() const { return offsets_; }  // [tap][kSamplePositions]; -1: a zero
  const float* weights() const { return weights_; }
  int32_t* offsets() { return offsets_; }
  float* weights() { return weights_; }

 private:
  int32_t* offsets_;
  float* weights_;
  Shape strides_;  // of the axes of a plane
  int64_t taps_ = 0;
};

// `count` planes of src and dst, each `step` floats behind the one before; `positions` of dst.
struct SampledPlanes {
  const float* src;
  int64_t src_step;
  float* dst;
  int64_t dst_step;
  int64_t count;
  int64_t positions;
};
// dst[p] = the sum of weight * src[offset] over the taps of p, or their largest product (a NaN
// wins); with `goes_on` together with what dst[p] is. Ends early when `beat` says so.
void sum_taps(const TapTable& table, const SampledPlanes& planes, bool goes_on, Heartbeat& beat);
void largest_taps(const TapTable& table, const SampledPlanes& planes, bool goes_on,
                  Heartbeat& beat);

// Sets the four taps of `count` positions, x and y in turns, of a picture of height x width: what
// numerics::grid_taps() finds for kLinear, but for the rounding of the weights. Precondition:
// has_linear_positions().
void set_linear_positions(const GridSampleAttrs& attrs, const float* grid, int64_t count,
                          int64_t height, int64_t width, TapTable& table);
bool has_linear_positions(const GridSampleAttrs& attrs, std::span<const int64_t> spatial);

// That a table can hold the offsets of such a plane. Error: kUnsupported.
Status check_plane(int64_t elements);

}  // namespace octet::cpu
