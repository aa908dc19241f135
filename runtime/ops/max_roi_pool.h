// MaxRoiPool: the largest pixels of regions of feature maps. An op of the long-tail lane.
#pragma once

#include "runtime/ops/infer.h"
#include "runtime/ops/long_tail.h"
#include "runtime/ops/roi_align.h"

namespace octet {

// Inputs: src [N, C, H, W] of a float type; rois [R, 5] of the same, each a picture's number (its
// fraction is dropped), x1, y1, x2, y2. Output: [R, C, height, width].
//
// A region's coordinates are scaled by `scale` and rounded (half away from 0); it has the pixels
// from the first to the last of them, at least 1 along each axis. Bin i of h has those from
// floor(i * size / h) to ceil((i + 1) * size / h) - 1, as far as they lie in the picture; one
// without pixels is 0. A picture out of range is an error of the run.
// Source: ONNX Runtime, core/providers/cpu/object_detection/roi_pool.cc; ONNX gives no formula.
struct MaxRoiPoolAttrs {
  static constexpr const char* kName = "max_roi_pool";
  int64_t height = 1;
  int64_t width = 1;
  float scale = 1;
};
auto fields(Is<MaxRoiPoolAttrs> auto& attrs, auto&& visit) {
  return visit(identity("height", attrs.height), identity("width", attrs.width),
               identity("scale", attrs.scale));
}
inline Result<OutputTypes> infer(const MaxRoiPoolAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 2));
  OCTET_RETURN_IF_ERROR(expect_floating(inputs, 0));
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 0, 4));
  OCTET_RETURN_IF_ERROR(expect_same_dtype(inputs, 1));
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 1, 2));
  if (attrs.height < 1 || attrs.width < 1)
    return invalid_model("the pooled shape is [" + std::to_string(attrs.height) + ", " +
                         std::to_string(attrs.width) + "], expected 1 or more of both");
  OutputTypes outputs = one_output(
      inputs[0]->dtype, {inputs[1]->shape[0], inputs[0]->shape[1], attrs.height, attrs.width});
  OCTET_RETURN_IF_ERROR(require_extent(inputs, {1, 1}, 5, outputs[0]));
  return outputs;
}

// A region may be the whole picture, and its pixels lie in two bins along each axis at most.
inline double extra_work(const MaxRoiPoolAttrs&, std::span<const Shape> inputs,
                         std::span<const Shape> outputs) {
  const Shape &src = inputs[0], &dst = outputs[0];
  return static_cast<double>(dst[0]) * static_cast<double>(dst[1]) *
         static_cast<double>(src[2] + dst[2]) * static_cast<double>(src[3] + dst[3]);
}

}  // namespace octet
