// Reference of Resize.
#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

// `length`: dst before it was rounded down to an extent.
double position(const ResizeAttrs& attrs, double x, double src, double dst, double length,
                double scale) {
  switch (attrs.coordinates) {
    case ResizeCoordinates::kHalfPixel:
      return (x + 0.5) / scale - 0.5;
    case ResizeCoordinates::kHalfPixelSymmetric:
      return src / 2 * (1 - dst / (scale * src)) + (x + 0.5) / scale - 0.5;
    case ResizeCoordinates::kPytorchHalfPixel:
      return dst > 1 ? (x + 0.5) / scale - 0.5 : 0;
    case ResizeCoordinates::kTfHalfPixel:
      return (x + 0.5) / scale;
    case ResizeCoordinates::kAlignCorners:
      return dst > 1 ? x * (src - 1) / (length - 1) : 0;
    case ResizeCoordinates::kAsymmetric:
      return x / scale;
  }
  return x;
}

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

// The elements of one axis that make up an element of dst.
struct Taps {
  int count = 1;
  std::array<int64_t, 4> index{};
  std::array<double, 4> weight{1};
};

// Keys, "Cubic convolution interpolation for digital image processing" (1981), equation 4.
double cubic(double distance, double a) {
  const double d = std::abs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

Taps taps_of(const ResizeAttrs& attrs, int axis, int64_t x, int64_t src, int64_t dst) {
  const float given = attrs.scales[static_cast<size_t>(axis)];
  Taps taps;
  if (src == dst && (given == 0 || given == 1)) {
    taps.index[0] = x;
    return taps;
  }
  const auto src_extent = static_cast<double>(src), dst_extent = static_cast<double>(dst);
  const double scale = given == 0 ? dst_extent / src_extent : static_cast<double>(given);
  const double length = given == 0 ? dst_extent : src_extent * scale;
  const double at = position(attrs, static_cast<double>(x), src_extent, dst_extent, length, scale);
  // Bounded so that any scale gives an index that can be clamped.
  const auto index_of = [&](double where) {
    return static_cast<int64_t>(std::clamp(where, -4.0, src_extent + 4));
  };
  const auto inside = [&](int64_t i) { return std::clamp<int64_t>(i, 0, src - 1); };
  if (attrs.mode == ResizeMode::kNearest) {
    taps.index[0] = inside(index_of(rounded(attrs.rounding, at)));
    return taps;
  }
  const bool is_cubic = attrs.mode == ResizeMode::kCubic;
  const double below = std::floor(at), fraction = at - below;
  taps.count = is_cubic ? 4 : 2;
  double sum = 0;
  for (int i = 0; i < taps.count; ++i) {
    const int64_t index = index_of(below) + i - (is_cubic ? 1 : 0);
    const double distance = fraction - i + (is_cubic ? 1 : 0);
    double weight =
        is_cubic ? cubic(distance, static_cast<double>(attrs.cubic_a)) : 1 - std::abs(distance);
    if (attrs.exclude_outside && inside(index) != index) weight = 0;
    taps.index[static_cast<size_t>(i)] = inside(index);
    taps.weight[static_cast<size_t>(i)] = weight;
    sum += weight;
  }
  if (attrs.exclude_outside)
    for (double& weight : taps.weight) weight /= sum;
  return taps;
}

using AllTaps = std::array<Taps, kMaxRank>;

// The weighted sum over the axes from `axis` on.
double sample(Share& share, const TensorView& src, const AllTaps& taps, int axis, int64_t offset) {
  if (axis == src.shape.rank() || share.stop()) return load_number(src, offset);
  const Taps& own = taps[static_cast<size_t>(axis)];
  double sum = 0;
  for (int i = 0; i < own.count; ++i) {
    const auto n = static_cast<size_t>(i);
    const double value =
        sample(share, src, taps, axis + 1, offset + own.index[n] * src.strides[axis]);
    sum += own.count == 1 ? value : own.weight[n] * value;
  }
  return sum;
}

}  // namespace

Status resize(const ResizeAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView &src = args.inputs[0], &dst = args.outputs[0];
  const size_t size = dtype_size(src.dtype);
  if (dst.element_count() == 0) return Status::ok();
  if (src.element_count() == 0)
    return invalid_argument("an empty tensor has no elements to sample; give it some");
  AllTaps taps;
  Position known;  // where `taps` are for
  known.fill(-1);
  walk<0>(share, dst.shape, {}, [&](int64_t index, const auto&, const Position& at) {
    for (int axis = dst.shape.rank() - 1; axis >= 0; --axis) {
      const auto i = static_cast<size_t>(axis);
      if (known[i] == at[i]) continue;
      known[i] = at[i];
      taps[i] = taps_of(attrs, axis, at[i], src.shape[axis], dst.shape[axis]);
    }
    if (attrs.mode == ResizeMode::kNearest) {
      int64_t offset = 0;
      for (int axis = 0; axis < src.shape.rank(); ++axis)
        offset += taps[static_cast<size_t>(axis)].index[0] * src.strides[axis];
      std::memcpy(element(dst, index), element(src, offset), size);
    } else {
      store_number(dst, index, sample(share, src, taps, 0, 0));
    }
  });
  return Status::ok();
}

}  // namespace octet::reference
