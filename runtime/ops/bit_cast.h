// BitCast: the bits of elements as those of another type. An op of the long-tail lane.
#pragma once

#include "runtime/ops/infer.h"
#include "runtime/ops/long_tail.h"

namespace octet {

// dst = src with the bytes of each element read as type `to`, which is as wide.
struct BitCastAttrs {
  static constexpr const char* kName = "bit_cast";
  DType to;
};
auto fields(Is<BitCastAttrs> auto& attrs, auto&& visit) {
  return visit(identity("to", attrs.to, dtype_name));
}

inline Result<OutputTypes> infer(const BitCastAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
  const TypeInfo& src = *inputs[0];
  if (src.dtype == DType::kRowParams || attrs.to == DType::kRowParams)
    return input_error(inputs, 0, "a type that ONNX has");
  if (dtype_size(src.dtype) != dtype_size(attrs.to))
    return input_error(inputs, 0, std::string("elements as wide as ") + dtype_name(attrs.to));
  return one_output(attrs.to, src.shape);
}

}  // namespace octet
