// The definition of GridSample along one axis.
#include "kernels/numerics/grid_taps.h"

namespace octet::numerics {
namespace {

// `at` reflected at both borders until it lies between them.
template <class T>
T reflect(T at, T low, T high) {
  const T range = high - low;
  if (!(range > 0) || !std::isfinite(at)) return low;
  if (at >= low && at <= high) return at;
  const T distance = std::fmod(at < low ? low - at : at - high, 2 * range);
  // Once over the axis and back, from the border that it is beyond.
  const T inside = distance <= range ? distance : 2 * range - distance;
  return at < low ? low + inside : high - inside;
}

struct Borders {
  double low, high;
};
Borders borders(const GridSampleAttrs& attrs, int64_t extent) {
  const auto length = static_cast<double>(extent);
  return attrs.align_corners ? Borders{0, length - 1} : Borders{-0.5, length - 0.5};
}

// The element that stands at `index`, -1 for a zero.
int64_t element_at(const GridSampleAttrs& attrs, int64_t index, int64_t extent) {
  if (index >= 0 && index < extent) return index;
  switch (attrs.padding) {
    case GridPadding::kZeros:
      return -1;
    case GridPadding::kBorder:
      break;
    case GridPadding::kReflection: {
      const Borders at = borders(attrs, extent);
      index = static_cast<int64_t>(reflect(static_cast<double>(index), at.low, at.high));
      break;
    }
  }
  return std::clamp<int64_t>(index, 0, extent - 1);
}

}  // namespace

template <class T>
T grid_position(const GridSampleAttrs& attrs, T coordinate, int64_t extent) {
  const auto length = static_cast<T>(extent);
  T at = attrs.align_corners ? (coordinate + 1) / 2 * (length - 1)
                             : ((coordinate + 1) * length - 1) / 2;
  if (std::isnan(at)) at = -std::numeric_limits<T>::infinity();
  if (attrs.mode == GridMode::kNearest) at = std::nearbyint(at);
  const Borders border = borders(attrs, extent);
  const auto low = static_cast<T>(border.low), high = static_cast<T>(border.high);
  if (at >= low && at <= high) return at;
  switch (attrs.padding) {
    case GridPadding::kZeros:
      return at;
    case GridPadding::kBorder:
      return std::clamp<T>(at, 0, length - 1);
    case GridPadding::kReflection:
      return reflect(at, low, high);
  }
  return at;
}

AxisTaps grid_taps(const GridSampleAttrs& attrs, double position, int64_t extent) {
  const int count = taps_per_axis(attrs.mode);
  // Taps that far away are all outside, and stay so.
  const auto length = static_cast<double>(extent);
  position = std::clamp(position, -4.0, length + 4);
  const double below = std::floor(position), fraction = position - below;
  const int64_t first = static_cast<int64_t>(below) - (count == 4 ? 1 : 0);
  AxisTaps taps;
  for (int i = 0; i < count; ++i) {
    const double distance = fraction - i + (count == 4 ? 1 : 0);
    const double weight = count == 1   ? 1
                          : count == 2 ? 1 - std::abs(distance)
                                       : cubic_weight(distance, -0.75);
    taps.add(element_at(attrs, first + i, extent), weight);
  }
  return taps;
}

template float grid_position(const GridSampleAttrs&, float, int64_t);
template double grid_position(const GridSampleAttrs&, double, int64_t);

}  // namespace octet::numerics
