// Which elements of an axis a sample between them is made of, and how it weighs them.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

namespace octet::numerics {

inline constexpr int kMostAxisTaps = 4;

// sum over i < count of weight[i] * src[index[i]], where index -1 stands for a zero.
struct AxisTaps {
  int count = 0;
  std::array<int64_t, kMostAxisTaps> index{};
  std::array<double, kMostAxisTaps> weight{};

  void add(int64_t tap_index, double tap_weight) {
    index[static_cast<size_t>(count)] = tap_index;
    weight[static_cast<size_t>(count++)] = tap_weight;
  }
};

// Keys, "Cubic convolution interpolation for digital image processing" (1981), equation 4.
inline double cubic_weight(double distance, double a) {
  const double d = std::abs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

// Linear between the elements around `at`, with zeros outside. Where that is no number, or far
// away, both are zeros.
inline AxisTaps linear_taps(double at, int64_t extent) {
  AxisTaps taps;
  if (!(at > -1 && at < static_cast<double>(extent))) {
    taps.add(-1, 0);
    taps.add(-1, 0);
    return taps;
  }
  const double below = std::floor(at), fraction = at - below;
  const auto first = static_cast<int64_t>(below);
  taps.add(first, 1 - fraction);
  taps.add(first + 1 < extent ? first + 1 : -1, fraction);
  return taps;
}

}  // namespace octet::numerics
