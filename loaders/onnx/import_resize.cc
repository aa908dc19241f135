// Resize and Upsample.
#include <cmath>

#include "loaders/onnx/constant_values.h"
#include "loaders/onnx/importers.h"
#include "loaders/onnx/names.h"

namespace octet {
namespace {

template <class T>
struct Name {
  const char* name;
  T value;
};

template <class T, size_t n>
Result<T> find_name(const Name<T> (&names)[n], const char* attribute, const std::string& found) {
  for (const Name<T>& name : names)
    if (found == name.name) return name.value;
  return unsupported(std::string("attribute \"") + attribute + "\" is " + quoted(found));
}

constexpr Name<ResizeMode> kModes[] = {{"nearest", ResizeMode::kNearest},
                                       {"linear", ResizeMode::kLinear},
                                       {"bilinear", ResizeMode::kLinear},
                                       {"cubic", ResizeMode::kCubic}};
constexpr Name<ResizeCoordinates> kCoordinates[] = {
    {"half_pixel", ResizeCoordinates::kHalfPixel},
    {"half_pixel_symmetric", ResizeCoordinates::kHalfPixelSymmetric},
    {"pytorch_half_pixel", ResizeCoordinates::kPytorchHalfPixel},
    {"tf_half_pixel_for_nn", ResizeCoordinates::kTfHalfPixel},
    {"align_corners", ResizeCoordinates::kAlignCorners},
    {"asymmetric", ResizeCoordinates::kAsymmetric}};
constexpr Name<NearestRounding> kRoundings[] = {
    {"round_prefer_floor", NearestRounding::kPreferFloor},
    {"round_prefer_ceil", NearestRounding::kPreferCeil},
    {"floor", NearestRounding::kFloor},
    {"ceil", NearestRounding::kCeil}};

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

// Sizes, which the aspect ratio may narrow or widen: all axes get the least or the largest of the
// scales.
Status apply_sizes(NodeImport& node, const std::vector<Dim>& sizes, const std::vector<int>& axes,
                   ResizeAttrs& resize) {
  OCTET_RETURN_IF_ERROR(expect_one_per_axis("sizes", sizes.size(), axes));
  const std::string policy = node.string_attribute("keep_aspect_ratio_policy", "stretch");
  double scale = 0;
  for (size_t i = 0; i < axes.size(); ++i) {
    Dim& extent = resize.shape[static_cast<size_t>(axes[i])];
    if (policy == "stretch") {
      extent = sizes[i];
      continue;
    }
    if (!sizes[i].is_constant()) return node.missing_value(3);
    if (!extent.is_constant() || extent.value() < 1)
      return unsupported("attribute \"keep_aspect_ratio_policy\" is " + quoted(policy) +
                         " for extents that depend on the input shapes");
    const double own = static_cast<double>(sizes[i].value()) / static_cast<double>(extent.value());
    const bool takes = i == 0 || (policy == "not_larger" ? own < scale : own > scale);
    if (takes) scale = own;
  }
  if (policy == "stretch") return Status::ok();
  if (policy != "not_larger" && policy != "not_smaller")
    return invalid_model("attribute \"keep_aspect_ratio_policy\" is " + quoted(policy));
  for (int axis : axes) {
    Dim& extent = resize.shape[static_cast<size_t>(axis)];
    const double scaled = scale * static_cast<double>(extent.value()) + 0.5;
    if (!(scaled < static_cast<double>(node.limits().max_dim)))
      return resource_exhausted("the result is too large");
    extent = static_cast<int64_t>(std::floor(scaled));
    resize.scales[static_cast<size_t>(axis)] = static_cast<float>(scale);
  }
  return Status::ok();
}

bool has_elements(const NodeImport& node, int index) {
  return node.has_input(index) && !(element_count(node.type(index).shape) == Dim(0));
}

Result<ResizeAttrs> unscaled(NodeImport& node) {
  ResizeAttrs resize;
  OCTET_ASSIGN_OR_RETURN(resize.mode,
                         find_name(kModes, "mode", node.string_attribute("mode", "nearest")));
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
        find_name(kCoordinates, "coordinate_transformation_mode",
                  node.string_attribute("coordinate_transformation_mode", "half_pixel")));
    OCTET_ASSIGN_OR_RETURN(resize.rounding,
                           find_name(kRoundings, "nearest_mode",
                                     node.string_attribute("nearest_mode", "round_prefer_floor")));
    resize.cubic_a = node.float_attribute("cubic_coeff_a", -0.75f);
    resize.exclude_outside = node.flag_attribute("exclude_outside", false);
    if (node.flag_attribute("antialias", false))
      return unsupported("attribute \"antialias\" is 1, expected 0");
  }
  const int scales = node.opset() >= 11 ? 2 : 1;
  if (has_elements(node, scales)) {
    OCTET_ASSIGN_OR_RETURN(const std::vector<double> values, node.numbers(scales));
    OCTET_RETURN_IF_ERROR(apply_scales(values, axes, resize));
  } else if (has_elements(node, 3)) {
    OCTET_ASSIGN_OR_RETURN(const std::vector<Dim> sizes, node.dims(3));
    OCTET_RETURN_IF_ERROR(apply_sizes(node, sizes, axes, resize));
  } else {
    return invalid_model("has neither scales nor sizes");
  }
  OCTET_RETURN_IF_ERROR(check_shape(resize.shape, node.limits()));
  return node.finish(std::move(resize), {node.input(0)});
}

// Scales are an attribute below opset 9, an input in it; opset 1 has those of height and width alone.
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
