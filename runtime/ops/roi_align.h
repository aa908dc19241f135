// RoiAlign: regions of feature maps, pooled over samples between their pixels. An op of the
// long-tail lane.
#pragma once

#include "runtime/ops/long_tail.h"

namespace octet {

// Inputs: src [N, C, H, W] of a float type; rois [R, 4] of the same, each x1, y1, x2, y2; batches
// i64[R], the picture that each is a region of. Output: [R, C, height, width].
//
// A region's coordinates are scaled by `scale`, and half a pixel is taken off them with
// `half_pixel`; without it a region is at least 1 pixel wide and high. It is cut into height x
// width equal bins, and a bin holds `samples` x `samples` points, or with 0 of them one for each
// pixel that it has begun along either axis. A point is linear between pixels; one up to a pixel
// outside takes the edge, one beyond it is 0. A bin gives the mean of its points, or with `max` the
// largest product of a pixel and its weight in a point (as ONNX's own implementation does); without
// points 0, and NaN where a region is not finite, or a bin 2^31 pixels wide. A batch out of range
// is an error of the run. Source: ONNX RoiAlign, opset 22.
struct RoiAlignAttrs {
  static constexpr const char* kName = "roi_align";
  bool max = false;
  bool half_pixel = true;
  int64_t height = 1;
  int64_t width = 1;
  int64_t samples = 0;
  float scale = 1;
};
auto fields(Is<RoiAlignAttrs> auto& attrs, auto&& visit) {
  return visit(identity("max", attrs.max), identity("half_pixel", attrs.half_pixel),
               identity("height", attrs.height), identity("width", attrs.width),
               identity("samples", attrs.samples), identity("scale", attrs.scale));
}
Result<OutputTypes> infer(const RoiAlignAttrs& attrs, InputTypes inputs);
// Multiply-adds of all samples, where their number is known; else of one for each pixel.
double extra_work(const RoiAlignAttrs& attrs, std::span<const Shape> inputs,
                  std::span<const Shape> outputs);

// That there is a picture `batch`. Error: of a run, and names the region.
Status check_roi_batch(int64_t roi, int64_t batch, int64_t batches);

}  // namespace octet
