// GridSample: a tensor sampled at positions that another one holds. An op of the long-tail lane.
#pragma once

#include "runtime/ops/long_tail.h"

namespace octet {

enum class GridMode { kLinear, kNearest, kCubic };
const char* grid_mode_name(GridMode mode);  // "linear", ...
// What stands outside of src: zeros, its edge, or src reflected at its border.
enum class GridPadding { kZeros, kBorder, kReflection };
const char* grid_padding_name(GridPadding padding);  // "zeros", ...

// dst[n, c, o..] = src[n, c] at the position grid[n, o..] (ONNX GridSample). A position has one
// coordinate for each of the r spatial axes, the last axis first; -1 and 1 are the middles of the
// first and last element with `align_corners`, otherwise their outer borders. kNearest takes the
// nearest element (half to even), kLinear and kCubic (Keys, a = -3/4) weigh 2 and 4 elements per
// axis. A coordinate that is no number is outside: before the first element. Inputs: src [N, C,
// spatial..] of any number type, 1 <= r <= 6; grid [N, out.., r] of a float type. Integers are
// truncated and saturated for kLinear and kCubic.
struct GridSampleAttrs {
  static constexpr const char* kName = "grid_sample";
  GridMode mode = GridMode::kLinear;
  GridPadding padding = GridPadding::kZeros;
  bool align_corners = false;
};
auto fields(Is<GridSampleAttrs> auto& attrs, auto&& visit) {
  return visit(identity("mode", attrs.mode, grid_mode_name),
               identity("padding", attrs.padding, grid_padding_name),
               identity("align_corners", attrs.align_corners));
}
Result<OutputTypes> infer(const GridSampleAttrs& attrs, InputTypes inputs);
// Multiply-adds of all taps.
double extra_work(const GridSampleAttrs& attrs, std::span<const Shape> inputs,
                  std::span<const Shape> outputs);

// Elements per axis that a sample is made of.
constexpr int taps_per_axis(GridMode mode) {
  return mode == GridMode::kNearest ? 1 : mode == GridMode::kLinear ? 2 : 4;
}

}  // namespace octet
