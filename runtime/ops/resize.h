// Resize: a tensor sampled at other points along its axes.
#pragma once

#include "runtime/core/fields.h"
#include "runtime/ops/op_kind.h"
#include "runtime/ops/type_info.h"

namespace octet {

enum class ResizeMode { kNearest, kLinear, kCubic };
const char* resize_mode_name(ResizeMode mode);  // "nearest", ...

// The position in src of dst element x, with scale = dst / src, or the scale that was given.
enum class ResizeCoordinates {
  kHalfPixel,           // (x + 1/2) / scale - 1/2
  kHalfPixelSymmetric,  // the same around the middle of src where scale * src is no integer
  kPytorchHalfPixel,    // kHalfPixel, and 0 where dst has one element
  kTfHalfPixel,         // (x + 1/2) / scale
  kAlignCorners,        // x (src - 1) / (scale * src - 1), 0 where dst has one element
  kAsymmetric,          // x / scale
  // start (src - 1) + x (end - start) (src - 1) / (dst - 1), or the middle of both for one element
  kTfCropAndResize,
};
const char* resize_coordinates_name(ResizeCoordinates coordinates);  // "half_pixel", ...
enum class NearestRounding { kPreferFloor, kPreferCeil, kFloor, kCeil };
const char* nearest_rounding_name(NearestRounding rounding);  // "prefer_floor", ...

// What makes the scales of all axes one: the least or the largest of those that they would have.
enum class ResizeAspect { kStretch, kNotLarger, kNotSmaller };
const char* resize_aspect_name(ResizeAspect aspect);  // "stretch", ...

// ONNX Resize: kNearest takes the element at the rounded position, kLinear and kCubic (Keys, with
// `cubic_a`) weigh 2 and 4 elements per axis, with `antialias` as many more as the scale is below
// 1; the edge elements stand for those outside, or, with exclude_outside, they count nothing and
// the rest is weighed up. With kTfCropAndResize a position outside of src gives `extrapolation`.
// Along axes whose extent and scale do not change nothing is computed. Input: src of any number
// type; integers are truncated, or with `antialias` rounded, and saturated for kLinear and kCubic.
struct ResizeAttrs {
  static constexpr OpKind kKind = OpKind::kResize;
  ResizeMode mode = ResizeMode::kNearest;
  ResizeCoordinates coordinates = ResizeCoordinates::kHalfPixel;
  NearestRounding rounding = NearestRounding::kPreferFloor;
  float cubic_a = -0.75f;
  bool exclude_outside = false;
  SymbolicShape shape = {};        // of dst
  std::vector<float> scales = {};  // per axis; 0: dst / src
  bool antialias = false;
  std::vector<float> region = {};  // of kTfCropAndResize: all starts, then all ends
  float extrapolation = 0;
  // The sizes that an aspect other than kStretch is about, which decide on the scale; per axis, 0
  // for one that stays as it is.
  ResizeAspect aspect = ResizeAspect::kStretch;
  std::vector<int64_t> sizes = {};
};
auto fields(Is<ResizeAttrs> auto& attrs, auto&& visit) {
  return visit(identity("mode", attrs.mode, resize_mode_name),
               identity("coordinates", attrs.coordinates, resize_coordinates_name),
               identity("rounding", attrs.rounding, nearest_rounding_name),
               identity("cubic_a", attrs.cubic_a),
               identity("exclude_outside", attrs.exclude_outside), identity("shape", attrs.shape),
               identity("scales", attrs.scales), identity("antialias", attrs.antialias),
               identity("region", attrs.region), identity("extrapolation", attrs.extrapolation),
               identity("aspect", attrs.aspect, resize_aspect_name),
               identity("sizes", attrs.sizes));
}
Result<OutputTypes> infer(const ResizeAttrs& attrs, InputTypes inputs);
// The scale along an axis.
double resize_scale(const ResizeAttrs& attrs, int axis, const Shape& src, const Shape& dst);

}  // namespace octet
