// Resize and Upsample.
#include <algorithm>
#include <cmath>
#include <optional>

#include "loaders/onnx/choice.h"
#include "loaders/onnx/importers.h"

namespace octet {
namespace {

constexpr Choice<ResizeMode> kModes[] = {{"nearest", ResizeMode::kNearest},
                                         {"linear", ResizeMode::kLinear},
                                         {"bilinear", ResizeMode::kLinear},
                                         {"cubic", ResizeMode::kCubic}};
constexpr Choice<ResizeCoordinates> kCoordinates[] = {
    {"half_pixel", ResizeCoordinates::kHalfPixel},
    {"half_pixel_symmetric", ResizeCoordinates::kHalfPixelSymmetric},
    {"pytorch_half_pixel", ResizeCoordinates::kPytorchHalfPixel},
    {"tf_half_pixel_for_nn", ResizeCoordinates::kTfHalfPixel},
    {"align_corners", ResizeCoordinates::kAlignCorners},
    {"asymmetric", ResizeCoordinates::kAsymmetric},
    {"tf_crop_and_resize", ResizeCoordinates::kTfCropAndResize}};
constexpr Choice<NearestRounding> kRoundings[] = {
    {"round_prefer_floor", NearestRounding::kPreferFloor},
    {"round_prefer_ceil", NearestRounding::kPreferCeil},
    {"floor", NearestRounding::kFloor},
    {"ceil", NearestRounding::kCeil}};
constexpr Choice<ResizeAspect> kAspects[] = {{"stretch", ResizeAspect::kStretch},
                                             {"not_larger", ResizeAspect::kNotLarger},
                                             {"not_smaller", ResizeAspect::kNotSmaller}};

// floor(extent * scale), in float as ONNX does it for constants; for symbols where the scale or its
// reciprocal is a small integer.
Result<Dim> scaled_extent(const Dim& extent, float scale) {
  constexpr int64_t kMaxFactor = 1 << 20;
  if (!(scale > 0) || !(scale <= static_cast<float>(kMaxFactor)))
    return invalid_model("a scale is " + std::to_string(scale) + ", expected more than 0");
  if (extent.is_constant())
    return Dim(static_cast<int64_t>(std::floor(static_cast<float>(extent.value()) * scale)));
  if (scale == std::floor(scale)) return extent * Dim(static_cast<int64_t>(scale));
  // A scale of 2^-20 multiples is p / 2^q exactly.
  for (int64_t divisor = 2; divisor <= kMaxFactor; divisor *= 2) {
    const float numerator = scale * static_cast<float>(divisor);
    if (numerator == std::floor(numerator))
      return Dim::floor_div(extent * Dim(static_cast<int64_t>(numerator)), divisor);
  }
  return unsupported("the extent " + extent.text() + " is scaled by " + std::to_string(scale) +
                     "; expected a multiple of a power of two");
}

// The axes that scales or sizes are for; all of them unless attribute axes names some.
Result<std::vector<int>> axes_of(NodeImport& node) {
  std::vector<int> axes;
  if (const auto given = node.ints_attribute("axes")) {
    for (int64_t axis : *given) {
      OCTET_ASSIGN_OR_RETURN(const int index, normalize_axis(axis, node.rank(0)));
      if (std::find(axes.begin(), axes.end(), index) != axes.end())
        return invalid_model("attribute \"axes\" has axis " + std::to_string(index) + " twice");
      axes.push_back(index);
    }
    return axes;
  }
  for (int axis = 0; axis < node.rank(0); ++axis) axes.push_back(axis);
  return axes;
}

Status expect_one_per_axis(const char* what, size_t count, const std::vector<int>& axes) {
  if (count == axes.size()) return Status::ok();
  return invalid_model("there are " + std::to_string(count) + " " + what + ", expected " +
                       std::to_string(axes.size()));
}

Status apply_scales(const std::vector<double>& scales, const std::vector<int>& axes,
                    ResizeAttrs& resize) {
  OCTET_RETURN_IF_ERROR(expect_one_per_axis("scales", scales.size(), axes));
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<size_t>(axes[i]);
    resize.scales[axis] = static_cast<float>(scales[i]);
    OCTET_ASSIGN_OR_RETURN(resize.shape[axis],
                           scaled_extent(resize.shape[axis], resize.scales[axis]));
  }
  return Status::ok();
}

// The largest extents of one scale that are not larger than their sizes, or the least that are not
// smaller: size * extent / that of the axis which decides, to the nearest integer, half up.
Dim kept_extent(const std::vector<int64_t>& sizes, const SymbolicShape& src, size_t axis,
                ResizeAspect aspect) {
  std::optional<Dim> found;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 0) continue;
    const Dim extent =
        i == axis ? Dim(sizes[i])
                  : Dim::floor_div(Dim(2) * Dim(sizes[i]) * src[axis] + src[i], Dim(2) * src[i]);
    if (!found)
      found = extent;
    else
      found =
          aspect == ResizeAspect::kNotLarger ? Dim::min(*found, extent) : Dim::max(*found, extent);
  }
  return *found;
}

Status apply_sizes(NodeImport& node, const std::vector<int>& axes, ResizeAttrs& resize) {
  OCTET_ASSIGN_OR_RETURN(resize.aspect,
                         choose(node, kAspects, "keep_aspect_ratio_policy", "stretch"));
  if (resize.aspect == ResizeAspect::kStretch) {
    OCTET_ASSIGN_OR_RETURN(const std::vector<Dim> sizes, node.dims(3));
    OCTET_RETURN_IF_ERROR(expect_one_per_axis("sizes", sizes.size(), axes));
    for (size_t i = 0; i < axes.size(); ++i) resize.shape[static_cast<size_t>(axes[i])] = sizes[i];
    return Status::ok();
  }
  OCTET_ASSIGN_OR_RETURN(const std::vector<int64_t> sizes, node.integers(3));
  OCTET_RETURN_IF_ERROR(expect_one_per_axis("sizes", sizes.size(), axes));
  const SymbolicShape src = resize.shape;
  resize.sizes.assign(src.size(), 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    if (sizes[i] < 1 || sizes[i] > node.limits().max_dim)
      return invalid_model("a size is " + std::to_string(sizes[i]) + ", expected 1 or more");
    resize.sizes[static_cast<size_t>(axes[i])] = sizes[i];
  }
  for (int axis : axes)
    resize.shape[static_cast<size_t>(axis)] =
        kept_extent(resize.sizes, src, static_cast<size_t>(axis), resize.aspect);
  return Status::ok();
}

// The region that kTfCropAndResize samples: starts and ends of `axes`, all of the others.
Status import_region(NodeImport& node, const std::vector<int>& axes, ResizeAttrs& resize) {
  if (resize.coordinates != ResizeCoordinates::kTfCropAndResize) return Status::ok();
  if (!node.has_input(1)) return invalid_model("input 1, the region, is missing");
  OCTET_ASSIGN_OR_RETURN(const std::vector<double> region, node.numbers(1));
  if (region.size() != 2 * axes.size())
    return invalid_model("input 1, the region, has " + std::to_string(region.size()) +
                         " numbers, expected " + std::to_string(2 * axes.size()));
  const size_t rank = resize.shape.size();
  resize.region.assign(rank, 0);
  resize.region.resize(2 * rank, 1);
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<size_t>(axes[i]);
    resize.region[axis] = static_cast<float>(region[i]);
    resize.region[rank + axis] = static_cast<float>(region[axes.size() + i]);
  }
  resize.extrapolation = node.float_attribute("extrapolation_value", 0);
  return Status::ok();
}

bool has_elements(const NodeImport& node, int index) {
  return node.has_input(index) && !(element_count(node.type(index).shape) == Dim(0));
}

Result<ResizeAttrs> unscaled(NodeImport& node) {
  ResizeAttrs resize;
  OCTET_ASSIGN_OR_RETURN(resize.mode, choose(node, kModes, "mode", "nearest"));
  resize.shape = node.type(0).shape;
  resize.scales.assign(resize.shape.size(), 0.0f);
  // What Upsample and the first Resize do.
  resize.coordinates = ResizeCoordinates::kAsymmetric;
  resize.rounding = NearestRounding::kFloor;
  return resize;
}

}  // namespace

// Opset 10 has the inputs src and scales; from 11 on they are src, roi, scales, sizes.
Status import_resize(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(ResizeAttrs resize, unscaled(node));
  OCTET_ASSIGN_OR_RETURN(const std::vector<int> axes, axes_of(node));
  if (node.opset() >= 11) {
    OCTET_ASSIGN_OR_RETURN(
        resize.coordinates,
        choose(node, kCoordinates, "coordinate_transformation_mode", "half_pixel"));
    OCTET_ASSIGN_OR_RETURN(resize.rounding,
                           choose(node, kRoundings, "nearest_mode", "round_prefer_floor"));
    resize.cubic_a = node.float_attribute("cubic_coeff_a", -0.75f);
    resize.exclude_outside = node.flag_attribute("exclude_outside", false);
    resize.antialias = node.flag_attribute("antialias", false);
    OCTET_RETURN_IF_ERROR(import_region(node, axes, resize));
  }
  const int scales = node.opset() >= 11 ? 2 : 1;
  if (has_elements(node, scales)) {
    OCTET_ASSIGN_OR_RETURN(const std::vector<double> values, node.numbers(scales));
    OCTET_RETURN_IF_ERROR(apply_scales(values, axes, resize));
  } else if (has_elements(node, 3)) {
    OCTET_RETURN_IF_ERROR(apply_sizes(node, axes, resize));
  } else {
    return invalid_model("has neither scales nor sizes");
  }
  OCTET_RETURN_IF_ERROR(check_shape(resize.shape, node.limits()));
  return node.finish(std::move(resize), {node.input(0)});
}

// Scales are an attribute below opset 9, an input in it; opset 1 has those of height and width
// alone.
Result<std::vector<double>> upsample_scales(NodeImport& node) {
  if (node.opset() >= 9) {
    if (!node.has_input(1)) return invalid_model("input 1, the scales, is missing");
    return node.numbers(1);
  }
  if (const auto given = node.floats_attribute("scales"))
    return std::vector<double>(given->begin(), given->end());
  if (node.opset() >= 7) return invalid_model("attribute \"scales\" is missing");
  if (!node.has_attribute("height_scale") || !node.has_attribute("width_scale"))
    return invalid_model("attributes \"height_scale\" and \"width_scale\" are missing");
  return std::vector<double>{1, 1, static_cast<double>(node.float_attribute("height_scale", 1)),
                             static_cast<double>(node.float_attribute("width_scale", 1))};
}

Status import_upsample(NodeImport& node) {
  OCTET_ASSIGN_OR_RETURN(ResizeAttrs resize, unscaled(node));
  OCTET_ASSIGN_OR_RETURN(const std::vector<int> axes, axes_of(node));
  OCTET_ASSIGN_OR_RETURN(const std::vector<double> scales, upsample_scales(node));
  OCTET_RETURN_IF_ERROR(apply_scales(scales, axes, resize));
  return node.finish(std::move(resize), {node.input(0)});
}

}  // namespace octet
