// The taps of one sliding window that lie in its source: found by arithmetic, so that a window much
// larger than the source costs no more than what it reads.
#pragma once

#include <algorithm>
#include <numeric>
#include <utility>

#include "kernels/reference/strided.h"
#include "runtime/ops/window.h"

namespace octet::reference {

// The axes of `shape` or of strides from `first` on.
inline Shape axes_from(const Shape& shape, int first) {
  return Shape(shape.dims().subspan(static_cast<size_t>(first)));
}

// The kernel's extents.
inline Shape kernel_shape(const Window& window) { return Shape(std::span(window.kernel)); }

// Along one axis: `count` taps from `tap` on, `tap_step` apart, at elements from `at` on, `at_step`
// apart.
struct TapRun {
  int64_t tap = 0, tap_step = 1;
  int64_t at = 0, at_step = 1;
  int64_t count = 0;
};
using TapRuns = std::array<TapRun, kMaxRank>;

// Taps t in [0, kernel) for which first + t * step lies in [low, high). step >= 1.
inline TapRun taps_between(int64_t first, int64_t step, int64_t kernel, int64_t low, int64_t high) {
  const int64_t begin = first >= low ? 0 : (low - first + step - 1) / step;
  const int64_t end = first >= high ? 0 : std::min(kernel, (high - first + step - 1) / step);
  return {begin, 1, first + begin * step, step, std::max<int64_t>(end - begin, 0)};
}

// The windows over one channel of src, by their spatial position. `window` must outlive it.
class WindowSpace {
 public:
  WindowSpace(const Window& window, const Shape& spatial) : window_(window), spatial_(spatial) {
    for (int axis = 0; axis < spatial.rank(); ++axis) {
      const PadPair pads = pads_of(window, static_cast<size_t>(axis), spatial[axis]);
      begins_.push_back(pads.begin);
      ends_.push_back(pads.end);
    }
  }

  // `position` points to the window's spatial axes.
  TapRuns taps_in_src(const int64_t* position) const {
    TapRuns runs;
    for (int axis = 0; axis < spatial_.rank(); ++axis)
      runs[static_cast<size_t>(axis)] = taps(axis, position[axis], 0, spatial_[axis]);
    return runs;
  }
  // How many taps lie in src or its padding. A double: kernels may have any extents.
  double count_with_padding(const int64_t* position) const {
    double count = 1;
    for (int axis = 0; axis < spatial_.rank(); ++axis)
      count *= static_cast<double>(
          taps(axis, position[axis], -begins_[axis], spatial_[axis] + ends_[axis]).count);
    return count;
  }
  const Shape& spatial() const { return spatial_; }

 private:
  TapRun taps(int axis, int64_t position, int64_t low, int64_t high) const {
    const auto i = static_cast<size_t>(axis);
    return taps_between(position * window_.strides[i] - begins_[axis], window_.dilations[i],
                        window_.kernel[i], low, high);
  }

  const Window& window_;
  Shape spatial_;
  Shape begins_, ends_;
};

// The same for a transposed convolution: along one axis, tap t of output p reads src element i
// where i * stride + t * dilation - begin = p.
class TransposedTaps {
 public:
  TransposedTaps(const Window& window, size_t axis, int64_t extent)
      : stride_(window.strides[axis]),
        dilation_(window.dilations[axis]),
        begin_(window.begins[axis]),
        kernel_(window.kernel[axis]),
        extent_(extent),
        common_(std::gcd(stride_, dilation_)),
        inverse_(inverse_of(dilation_ / common_, stride_ / common_)) {}

  TapRun at(int64_t position) const {
    const int64_t sum = position + begin_;  // = i * stride + t * dilation, at least 0
    if (sum % common_ != 0) return {};
    // Modulo `step`, t is known; i falls by dilation / common from one such t to the next.
    const int64_t step = stride_ / common_, fall = dilation_ / common_;
    int64_t tap = sum / common_ % step * inverse_ % step;
    const int64_t least = sum - (extent_ - 1) * stride_;  // of t * dilation: i < extent
    if (least > tap * dilation_) {
      const int64_t turn = step * dilation_;
      tap += (least - tap * dilation_ + turn - 1) / turn * step;
    }
    const int64_t last = std::min(kernel_ - 1, sum / dilation_);  // i >= 0
    if (tap > last) return {};
    return {tap, step, (sum - tap * dilation_) / stride_, -fall, (last - tap) / step + 1};
  }

 private:
  // x in [0, modulus) with x * value = 1 modulo `modulus`; they have no common factor. Euclid.
  static int64_t inverse_of(int64_t value, int64_t modulus) {
    int64_t r0 = modulus, r1 = value % modulus, x0 = 0, x1 = 1;
    while (r1 > 1) {
      const int64_t quotient = r0 / r1;
      r0 = std::exchange(r1, r0 - quotient * r1);
      x0 = std::exchange(x1, x0 - quotient * x1);
    }
    return modulus == 1 ? 0 : (x1 % modulus + modulus) % modulus;
  }

  int64_t stride_, dilation_, begin_, kernel_, extent_, common_, inverse_;
};

// Calls visit(src_offset, tap_offset, at) for every combination of the runs' taps along `rank`
// axes, in row-major order: offsets under the two strides, and the position in src. Ends early when
// `beat`, which is asked once per tap, says so.
template <class Visit>
void for_taps(Heartbeat& beat, const TapRuns& runs, int rank, const Strides& src_strides,
              const Strides& tap_strides, Visit visit) {
  int64_t src_offset = 0, tap_offset = 0;
  Position done{}, at{};
  for (int axis = 0; axis < rank; ++axis) {
    const TapRun& run = runs[static_cast<size_t>(axis)];
    if (run.count == 0) return;
    at[static_cast<size_t>(axis)] = run.at;
    src_offset += run.at * src_strides[axis];
    tap_offset += run.tap * tap_strides[axis];
  }
  while (!beat.stop()) {
    visit(src_offset, tap_offset, static_cast<const Position&>(at));
    int axis = rank - 1;
    for (; axis >= 0; --axis) {
      const auto i = static_cast<size_t>(axis);
      const TapRun& run = runs[i];
      const int64_t steps = ++done[i] < run.count ? 1 : 1 - run.count;
      at[i] += steps * run.at_step;
      src_offset += steps * run.at_step * src_strides[axis];
      tap_offset += steps * run.tap_step * tap_strides[axis];
      if (steps == 1) break;
      done[i] = 0;
    }
    if (axis < 0) return;
  }
}

}  // namespace octet::reference
