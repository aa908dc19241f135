// NonMaxSuppression: boxes of high scores that do not overlap. An op of the long-tail lane.
// https://onnx.ai/onnx/operators/onnx__NonMaxSuppression.html
#pragma once

#include "runtime/ops/infer.h"
#include "runtime/ops/long_tail.h"

namespace octet {

// Inputs: boxes f32[batches, boxes, 4], scores f32[batches, classes, boxes], and as scalars, each
// of which may be absent: the most boxes of a class (int64, 0), the most that two of them may
// overlap (f32, 0: intersection over union), the score that a box must exceed (f32, minus
// infinity). For each batch and class the box with the highest score is taken (of equal ones the
// first), then the next one that overlaps none before it too much. Outputs:
//   selected  int64[batches * classes * min(boxes, room), 3]: batch, class, box. Behind `count` 0.
//   count     int64[1]
struct NonMaxSuppressionAttrs {
  static constexpr const char* kName = "non_max_suppression";
  bool center = false;  // boxes are x and y of the center, width, height; else y1, x1, y2, x2
  // No class gives more boxes; what the input says where that is known.
  static constexpr int64_t kAnyNumber = int64_t{1} << 40;
  int64_t room = kAnyNumber;
};
auto fields(Is<NonMaxSuppressionAttrs> auto& attrs, auto&& visit) {
  return visit(identity("center", attrs.center), identity("room", attrs.room));
}
inline Result<OutputTypes> infer(const NonMaxSuppressionAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 2, 3));
  for (const size_t index : {size_t{0}, size_t{1}}) {
    OCTET_RETURN_IF_ERROR(expect_dtype(inputs, index, {DType::kF32}));
    OCTET_RETURN_IF_ERROR(expect_rank(inputs, index, 3));
  }
  const SymbolicShape& scores = inputs[1]->shape;
  const bool is_limited = attrs.room < NonMaxSuppressionAttrs::kAnyNumber;
  const Dim most = is_limited ? Dim::min(scores[2], attrs.room) : scores[2];
  OutputTypes outputs = one_output(DType::kI64, {scores[0] * scores[1] * most, 3});
  OCTET_RETURN_IF_ERROR(require_extent(inputs, {0, 2}, 4, outputs[0]));
  OCTET_RETURN_IF_ERROR(require_equal(inputs, {1, 0}, {0, 0}, outputs[0]));
  OCTET_RETURN_IF_ERROR(require_equal(inputs, {1, 2}, {0, 1}, outputs[0]));
  for (size_t index = 2; index < inputs.size(); ++index) {
    if (inputs[index] == nullptr) continue;
    OCTET_RETURN_IF_ERROR(expect_dtype(inputs, index, {index == 2 ? DType::kI64 : DType::kF32}));
    OCTET_RETURN_IF_ERROR(expect_scalar(inputs, index));
  }
  outputs.push_back(one_output(DType::kI64, {1})[0]);
  return outputs;
}

// Each box may be compared with every other.
inline double extra_work(const NonMaxSuppressionAttrs&, std::span<const Shape> inputs,
                         std::span<const Shape>) {
  return static_cast<double>(inputs[1].element_count()) * static_cast<double>(inputs[1][2]);
}

}  // namespace octet
