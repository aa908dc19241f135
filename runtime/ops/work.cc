// Work of each op from its shapes.
#include "runtime/ops/work.h"

#include <algorithm>
#include <cmath>

namespace octet {
namespace {

double elements(const Shape& shape) {
  double count = 1;
  for (int64_t extent : shape.dims()) count *= static_cast<double>(extent);
  return count;
}

// Taps in src of all windows of one channel.
double window_taps(const Window& window, const Shape& src, const Shape& dst) {
  double taps = 1;
  for (size_t axis = 0; axis < window.rank(); ++axis) {
    const int spatial = static_cast<int>(axis) + 2;
    taps *= useful_taps(window, axis, src[spatial], dst[spatial]);
  }
  return taps;
}

struct ExtraWork {
  std::span<const Shape> inputs, outputs;

  double operator()(const MatMulAttrs&) const { return elements(outputs[0]) * depth(0); }
  double operator()(const LinearAttrs&) const { return elements(outputs[0]) * depth(0); }
  double operator()(const QuantizedLinearAttrs&) const { return elements(outputs[0]) * depth(0); }
  double operator()(const ConvAttrs& attrs) const {
    const Shape &weights = inputs[1], &dst = outputs[0];
    return static_cast<double>(dst[0]) * static_cast<double>(dst[1]) *
           static_cast<double>(weights[1]) * window_taps(attrs.window, inputs[0], dst);
  }
  // Seen as a convolution from dst to src; its windows are the elements of src.
  double operator()(const ConvTransposeAttrs& attrs) const {
    const Shape &src = inputs[0], &weights = inputs[1];
    return static_cast<double>(src[0]) * static_cast<double>(src[1]) *
           static_cast<double>(weights[1]) * window_taps(attrs.window, outputs[0], src);
  }
  double operator()(const PoolAttrs& attrs) const {
    const Shape& dst = outputs[0];
    return static_cast<double>(dst[0]) * static_cast<double>(dst[1]) *
           window_taps(attrs.window, inputs[0], dst);
  }
  double operator()(const AttentionAttrs&) const {
    const Shape &q = inputs[0], &k = inputs[1], &v = inputs[2];
    return elements(q) / std::max(depth(0), 1.0) * static_cast<double>(k[2]) *
           static_cast<double>(q[3] + v[3]);
  }
  double operator()(const ResizeAttrs& attrs) const {
    const double taps = attrs.mode == ResizeMode::kNearest  ? 1
                        : attrs.mode == ResizeMode::kLinear ? 2
                                                            : 4;
    double samples = elements(outputs[0]);
    for (int axis = 0; axis < outputs[0].rank(); ++axis) {
      const auto src = static_cast<double>(inputs[0][axis]),
                 dst = std::max(static_cast<double>(outputs[0][axis]), 1.0);
      if (src != dst) samples *= attrs.antialias ? std::max(taps * src / dst, taps) : taps;
    }
    return samples;
  }
  double operator()(const LongTailAttrs& attrs) const {
    return attrs.op().extra_work(attrs.attrs(), inputs, outputs);
  }
  double operator()(const GatherNDAttrs&) const { return elements(outputs[0]) * depth(1); }
  template <class Attrs>
  double operator()(const Attrs&) const {
    return 0;
  }

  // The last extent of an input.
  double depth(size_t input) const {
    return inputs[input].rank() == 0 ? 1 : static_cast<double>(inputs[input].back());
  }
};

}  // namespace

double work_of(const Attributes& attributes, std::span<const Shape> inputs,
               std::span<const Shape> outputs) {
  double work = std::visit(ExtraWork{inputs, outputs}, attributes);
  // What picks elements reads no others.
  const OpKind kind = op_kind(attributes);
  const bool picks = kind == OpKind::kGather || kind == OpKind::kGatherElements ||
                     kind == OpKind::kGatherND || kind == OpKind::kSlice;
  if (!picks)
    for (const Shape& shape : inputs) work += elements(shape);
  for (const Shape& shape : outputs) work += elements(shape);
  return std::max(work, 1.0);
}

double useful_taps(const Window& window, size_t axis, int64_t extent, int64_t windows) {
  const int64_t kernel = window.kernel[axis], dilation = window.dilations[axis];
  // A window holds only so many elements of src, and an element only lies in so many windows.
  const double of_window = static_cast<double>(
      std::min(kernel, (std::max<int64_t>(extent, 1) + dilation - 1) / dilation));
  const double of_element = static_cast<double>(std::min(kernel, std::max<int64_t>(windows, 0)));
  return std::min(of_window * static_cast<double>(windows),
                  of_element * static_cast<double>(extent));
}

}  // namespace octet
