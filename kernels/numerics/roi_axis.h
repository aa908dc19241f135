// The definition of RoiAlign along one axis of a region.
#pragma once

#include <algorithm>

#include "kernels/numerics/axis_taps.h"
#include "runtime/ops/roi_align.h"

namespace octet::numerics {

// T is the type of the regions, float for narrower ones: places are computed in it, as everywhere,
// because a rounding decides how many points there are.
template <class T>
class RoiAxis {
 public:
  // `begin` and `end` of the region, cut into `bins`, in an axis of `extent` >= 1 pixels.
  RoiAxis(const RoiAlignAttrs& attrs, T begin, T end, int64_t bins, int64_t extent)
      : extent_(extent) {
    const T scale = static_cast<T>(attrs.scale),
            offset = static_cast<T>(attrs.half_pixel ? 0.5 : 0);
    begin_ = begin * scale - offset;
    T length = end * scale - offset - begin_;
    if (!attrs.half_pixel) length = std::max<T>(length, 1);
    bin_ = length / static_cast<T>(bins);
    const T points = attrs.samples > 0 ? static_cast<T>(attrs.samples) : std::ceil(bin_);
    constexpr T kMost = static_cast<T>(int64_t{1} << 31);
    is_valid_ = std::isfinite(begin_) && std::isfinite(length) && points <= kMost;
    points_ = is_valid_ && points > 0 ? static_cast<int64_t>(points) : 0;
  }

  bool is_valid() const { return is_valid_; }
  // Of each bin.
  int64_t point_count() const { return points_; }

  // Points of a bin that may lie inside; all others are 0.
  struct Range {
    int64_t first = 0, count = 0;
  };
  Range points_inside(int64_t bin) const {
    const double from =
        static_cast<double>(begin_) + static_cast<double>(bin) * static_cast<double>(bin_);
    const double step = static_cast<double>(bin_) / static_cast<double>(points_);
    if (points_ == 0 || !(step > 0)) return {0, points_};
    // Some more, so that roundings do not matter.
    const auto most = static_cast<double>(points_), extent = static_cast<double>(extent_);
    const double first = std::clamp(std::floor((-1 - from) / step) - 2, 0.0, most);
    const double last = std::clamp(std::ceil((extent - from) / step) + 2, first, most);
    return {static_cast<int64_t>(first), static_cast<int64_t>(last - first)};
  }

  // Two taps of a point; of one that is outside both are zeros.
  AxisTaps taps(int64_t bin, int64_t point) const {
    const T place = begin_ + static_cast<T>(bin) * bin_ +
                    (static_cast<T>(point) + static_cast<T>(0.5)) * bin_ / static_cast<T>(points_);
    AxisTaps taps;
    if (!(place >= -1 && place <= static_cast<T>(extent_))) {
      taps.add(-1, 0);
      taps.add(-1, 0);
      return taps;
    }
    const T at = std::max<T>(place, 0);
    const auto low = std::min(static_cast<int64_t>(at), extent_ - 1);
    const double above =
        low == extent_ - 1 ? 0 : static_cast<double>(at) - static_cast<double>(low);
    taps.add(low, 1 - above);
    taps.add(std::min(low + 1, extent_ - 1), above);
    return taps;
  }

 private:
  int64_t extent_;
  T begin_, bin_;
  bool is_valid_;
  int64_t points_;
};

}  // namespace octet::numerics
