// The definition of Resize along one axis.
#include "kernels/numerics/resize_axis.h"

#include <algorithm>
#include <cmath>

#include "kernels/numerics/axis_taps.h"

namespace octet::numerics {
namespace {

double rounded(NearestRounding rounding, double at) {
  switch (rounding) {
    case NearestRounding::kPreferFloor:
      return std::ceil(at - 0.5);
    case NearestRounding::kPreferCeil:
      return std::floor(at + 0.5);
    case NearestRounding::kFloor:
      return std::floor(at);
    case NearestRounding::kCeil:
      return std::ceil(at);
  }
  return at;
}

}  // namespace

ResizeAxis::ResizeAxis(const ResizeAttrs& attrs, int axis, const Shape& src, const Shape& dst)
    : attrs_(attrs),
      src_(static_cast<double>(src[axis])),
      dst_(static_cast<double>(dst[axis])),
      scale_(src[axis] == 0 ? 1 : resize_scale(attrs, axis, src, dst)) {
  const auto i = static_cast<size_t>(axis);
  length_ = attrs.scales[i] == 0 ? dst_ : src_ * scale_;
  if (!attrs.region.empty()) {
    start_ = static_cast<double>(attrs.region[i]);
    end_ = static_cast<double>(attrs.region[i + attrs.shape.size()]);
  }
  if (attrs.antialias && scale_ < 1) stretch_ = 1 / scale_;
  reach_ = attrs.mode == ResizeMode::kCubic ? 2 * stretch_ : stretch_;
}

bool ResizeAxis::is_unchanged() const {
  return src_ == dst_ && scale_ == 1 && start_ == 0 && end_ == 1;
}

int64_t ResizeAxis::most_taps() const {
  if (attrs_.mode == ResizeMode::kNearest || src_ == 0 || dst_ == 0) return 1;
  return static_cast<int64_t>(std::min(2 * std::ceil(reach_), src_));
}

double ResizeAxis::position(double x) const {
  const double half_pixel = (x + 0.5) / scale_ - 0.5, last = src_ - 1;
  switch (attrs_.coordinates) {
    case ResizeCoordinates::kHalfPixel:
      return half_pixel;
    case ResizeCoordinates::kHalfPixelSymmetric:
      return src_ / 2 * (1 - dst_ / (scale_ * src_)) + half_pixel;
    case ResizeCoordinates::kPytorchHalfPixel:
      return dst_ > 1 ? half_pixel : 0;
    case ResizeCoordinates::kTfHalfPixel:
      return half_pixel + 0.5;
    case ResizeCoordinates::kAlignCorners:
      return dst_ > 1 ? x * last / (length_ - 1) : 0;
    case ResizeCoordinates::kAsymmetric:
      return x / scale_;
    case ResizeCoordinates::kTfCropAndResize:
      return dst_ > 1 ? start_ * last + x * (end_ - start_) * last / (dst_ - 1)
                      : (start_ + end_) / 2 * last;
  }
  return x;
}

int64_t ResizeAxis::inside(double at) const {
  return static_cast<int64_t>(std::clamp(at, 0.0, src_ - 1));
}

double ResizeAxis::weight(double distance) const {
  if (attrs_.mode == ResizeMode::kCubic)
    return cubic_weight(distance, static_cast<double>(attrs_.cubic_a));
  return std::max(1 - std::abs(distance), 0.0);
}

ResizeAxis::Taps ResizeAxis::find(int64_t x, double* weights, Heartbeat& beat) const {
  weights[0] = 1;
  if (is_unchanged()) return {x};
  const double at = position(static_cast<double>(x));
  if (attrs_.coordinates == ResizeCoordinates::kTfCropAndResize && !(at >= 0 && at <= src_ - 1))
    return {.is_outside = true};
  if (attrs_.mode == ResizeMode::kNearest) return {inside(rounded(attrs_.rounding, at))};
  return weigh(at, weights, beat);
}

ResizeAxis::Taps ResizeAxis::weigh(double at, double* weights, Heartbeat& beat) const {
  // Beyond the edge by more than the filter reaches, nothing changes.
  at = std::clamp(at, -reach_ - 1, src_ + reach_);
  double low = std::floor(at - reach_) + 1, high = std::ceil(at + reach_) - 1;
  if (attrs_.exclude_outside) {
    low = std::max(low, 0.0);
    high = std::min(high, src_ - 1);
  }
  const int64_t first = inside(low), count = low > high ? 0 : inside(high) - first + 1;
  std::fill_n(weights, count, 0.0);
  double sum = 0;
  for (double i = low; i <= high && !beat.stop(); ++i) {
    const double own = weight((i - at) / stretch_);
    weights[inside(i) - first] += own;
    sum += own;
  }
  if ((attrs_.exclude_outside || attrs_.antialias) && sum != 0)
    for (int64_t i = 0; i < count; ++i) weights[i] /= sum;
  return {first, count};
}

}  // namespace octet::numerics
