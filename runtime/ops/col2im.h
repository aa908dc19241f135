// Col2Im: pictures put together of blocks that overlap. An op of the long-tail lane.
// https://onnx.ai/onnx/operators/onnx__Col2Im.html
#pragma once

#include "runtime/ops/infer.h"
#include "runtime/ops/long_tail.h"
#include "runtime/ops/window.h"

namespace octet {

// src [N, C * elements of a block, blocks] of numbers, the blocks in row-major order; dst [N, C,
// image..], each element the sum of those of the blocks that lie on it: the windows of `window`
// over `image`, whose kernel is a block. Its padding is explicit. Kernels read the image's extents
// from dst.
struct Col2ImAttrs {
  static constexpr const char* kName = "col2im";
  Window window;
  SymbolicShape image;
};
auto fields(Is<Col2ImAttrs> auto& attrs, auto&& visit) {
  return visit(identity("window", attrs.window), identity("image", attrs.image));
}

inline Result<OutputTypes> infer(const Col2ImAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
  OCTET_RETURN_IF_ERROR(expect_numeric(inputs, 0));
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 0, 3));
  OCTET_RETURN_IF_ERROR(check_window(attrs.window, attrs.image.size()));
  assert(attrs.window.padding == Padding::kExplicit);
  std::vector<Check> checks;
  Dim block_elements = 1, blocks = 1;
  for (size_t axis = 0; axis < attrs.image.size(); ++axis) {
    const Dim count = window_count(attrs.window, axis, attrs.image[axis]);
    OCTET_RETURN_IF_ERROR(
        require({.kind = Check::Kind::kAtLeast,
                 .found = count,
                 .expected = 0,
                 .what = "the number of blocks along axis " + std::to_string(axis) +
                         " of the image, of " + attrs.image[axis].text() + " elements,"},
                checks));
    block_elements = block_elements * Dim(attrs.window.kernel[axis]);
    blocks = blocks * count;
  }
  if (!block_elements.is_constant())
    return invalid_model("a block has more elements than 64 bits count");
  const Dim channels = Dim::floor_div(inputs[0]->shape[1], block_elements);
  SymbolicShape shape = {inputs[0]->shape[0], channels};
  shape.insert(shape.end(), attrs.image.begin(), attrs.image.end());
  OutputTypes outputs = one_output(inputs[0]->dtype, std::move(shape));
  outputs[0].checks = std::move(checks);
  OCTET_RETURN_IF_ERROR(require_extent(inputs, {0, 1}, channels * block_elements, outputs[0]));
  OCTET_RETURN_IF_ERROR(require_extent(inputs, {0, 2}, blocks, outputs[0]));
  return outputs;
}

}  // namespace octet
