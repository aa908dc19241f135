// MaxUnpool: largest elements back to where a MaxPool found them. An op of the long-tail lane.
// https://onnx.ai/onnx/operators/onnx__MaxUnpool.html
#pragma once

#include "runtime/ops/infer.h"
#include "runtime/ops/long_tail.h"
#include "runtime/ops/window.h"

namespace octet {

// Inputs: src [N, C, windows..] of numbers, indices i64 of its shape. dst has the extents `shape`,
// of the rank, N and C of src, and is 0 but for the elements of src. Their indices count the
// elements, row-major, of the picture that the windows cover, [N, C, (windows - 1) * stride +
// kernel - pads..], which lies in the first corner of dst (as ONNX's reference and its test cases
// have it; ONNX Runtime counts those of dst). Along an axis where dst is smaller the picture is as
// large as dst. Of equal indices the last one wins; one out of range is an error of the run.
struct MaxUnpoolAttrs {
  static constexpr const char* kName = "max_unpool";
  Window window;  // no dilation, explicit padding
  SymbolicShape shape;
};
auto fields(Is<MaxUnpoolAttrs> auto& attrs, auto&& visit) {
  return visit(identity("window", attrs.window), identity("shape", attrs.shape));
}

inline Result<OutputTypes> infer(const MaxUnpoolAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 2));
  OCTET_RETURN_IF_ERROR(expect_numeric(inputs, 0));
  OCTET_RETURN_IF_ERROR(expect_dtype(inputs, 1, {DType::kI64}));
  const TypeInfo& src = *inputs[0];
  if (src.rank() < 3) return input_error(inputs, 0, "rank 3 or more: batch, channels, spatial");
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 1, src.rank()));
  OCTET_RETURN_IF_ERROR(check_window(attrs.window, src.shape.size() - 2));
  assert(attrs.window.padding == Padding::kExplicit);
  if (attrs.shape.size() != src.shape.size())
    return input_error(inputs, 0, "the rank of the result, " + to_string(attrs.shape));
  OutputTypes outputs = one_output(src.dtype, attrs.shape);
  for (int axis = 0; axis < src.rank(); ++axis) {
    OCTET_RETURN_IF_ERROR(require_equal(inputs, {1, axis}, {0, axis}, outputs[0]));
    const Dim& extent = attrs.shape[static_cast<size_t>(axis)];
    OCTET_RETURN_IF_ERROR(
        axis < 2 ? require_extent(inputs, {0, axis}, extent, outputs[0])
                 : require({.kind = Check::Kind::kAtLeast,
                            .found = extent,
                            .expected = 0,
                            .what = "the extent of the result along axis " + std::to_string(axis)},
                           outputs[0].checks));
  }
  return outputs;
}

}  // namespace octet
