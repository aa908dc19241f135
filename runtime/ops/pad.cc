// Type rule of Pad.
#include "runtime/ops/pad.h"

#include "runtime/ops/infer.h"

namespace octet {

const char* pad_mode_name(PadMode mode) {
  switch (mode) {
    case PadMode::kConstant:
      return "constant";
    case PadMode::kReflect:
      return "reflect";
    case PadMode::kEdge:
      return "edge";
    case PadMode::kWrap:
      return "wrap";
  }
  return "unknown";
}

Result<OutputTypes> infer(const PadAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1, 1));
  const TypeInfo& src = *inputs[0];
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 0, static_cast<int>(attrs.begins.size())));
  assert(attrs.ends.size() == attrs.begins.size());
  if (optional_input(inputs, 1) != nullptr) {
    OCTET_RETURN_IF_ERROR(expect_same_dtype(inputs, 1));
    OCTET_RETURN_IF_ERROR(expect_scalar(inputs, 1));
  }
  OutputTypes outputs = one_output(src.dtype, src.shape);
  TypeInfo& dst = outputs[0];
  for (size_t axis = 0; axis < attrs.begins.size(); ++axis) {
    const int64_t begin = attrs.begins[axis];
    const Dim& end = attrs.ends[axis];
    if (begin < 0 || (end.is_constant() && end.value() < 0))
      return invalid_model("pads axis " + std::to_string(axis) + " with " + std::to_string(begin) +
                           " and " + end.text() + " elements, expected 0 or more");
    OCTET_RETURN_IF_ERROR(require({.kind = Check::Kind::kAtLeast,
                                   .found = end,
                                   .expected = 0,
                                   .what = "the pad behind axis " + std::to_string(axis)},
                                  dst.checks));
    const bool pads = begin != 0 || !(end == Dim(0));
    if (pads && attrs.mode != PadMode::kConstant && src.shape[axis] == Dim(0))
      return input_error(inputs, 0, "an element to repeat along axis " + std::to_string(axis));
    dst.shape[axis] = src.shape[axis] + Dim(begin) + end;
  }
  return outputs;
}

}  // namespace octet
