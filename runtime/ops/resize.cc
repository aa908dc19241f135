// Type rule of Resize.
#include "runtime/ops/resize.h"

#include <algorithm>

#include "runtime/ops/infer.h"

namespace octet {

const char* resize_mode_name(ResizeMode mode) {
  switch (mode) {
    case ResizeMode::kNearest:
      return "nearest";
    case ResizeMode::kLinear:
      return "linear";
    case ResizeMode::kCubic:
      return "cubic";
  }
  return "unknown";
}

const char* resize_coordinates_name(ResizeCoordinates coordinates) {
  constexpr const char* kNames[] = {
      "half_pixel",    "half_pixel_symmetric", "pytorch_half_pixel", "tf_half_pixel",
      "align_corners", "asymmetric",           "tf_crop_and_resize"};
  return kNames[static_cast<size_t>(coordinates)];
}

const char* nearest_rounding_name(NearestRounding rounding) {
  constexpr const char* kNames[] = {"prefer_floor", "prefer_ceil", "floor", "ceil"};
  return kNames[static_cast<size_t>(rounding)];
}

const char* resize_aspect_name(ResizeAspect aspect) {
  constexpr const char* kNames[] = {"stretch", "not_larger", "not_smaller"};
  return kNames[static_cast<size_t>(aspect)];
}

Result<OutputTypes> infer(const ResizeAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
  OCTET_RETURN_IF_ERROR(expect_numeric(inputs, 0));  // integers between others are truncated
  const TypeInfo& src = *inputs[0];
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 0, static_cast<int>(attrs.shape.size())));
  assert(attrs.scales.size() == attrs.shape.size());
  assert(attrs.region.size() ==
         (attrs.coordinates == ResizeCoordinates::kTfCropAndResize ? 2 * attrs.shape.size() : 0));
  assert(attrs.sizes.size() == (attrs.aspect == ResizeAspect::kStretch ? 0 : attrs.shape.size()));
  for (size_t axis = 0; axis < attrs.shape.size(); ++axis) {
    if (!(attrs.scales[axis] >= 0))
      return invalid_model("scale " + std::to_string(axis) + " is " +
                           std::to_string(attrs.scales[axis]) + ", expected more than 0");
    if (src.shape[axis] == Dim(0) && !(attrs.shape[axis] == Dim(0)))
      return input_error(inputs, 0, "an element to sample along axis " + std::to_string(axis));
  }
  return one_output(src.dtype, attrs.shape);
}

double resize_scale(const ResizeAttrs& attrs, int axis, const Shape& src, const Shape& dst) {
  const auto own = static_cast<size_t>(axis);
  if (attrs.scales[own] != 0) return static_cast<double>(attrs.scales[own]);
  if (attrs.aspect == ResizeAspect::kStretch || attrs.sizes[own] == 0)
    return static_cast<double>(dst[axis]) / static_cast<double>(src[axis]);
  double scale = 0;
  for (int i = 0; i < src.rank(); ++i) {
    const int64_t size = attrs.sizes[static_cast<size_t>(i)];
    if (size == 0) continue;
    const double one = static_cast<double>(size) / static_cast<double>(src[i]);
    const bool is_smaller = one < scale;
    if (scale == 0 || is_smaller == (attrs.aspect == ResizeAspect::kNotLarger)) scale = one;
  }
  return scale;
}

}  // namespace octet
