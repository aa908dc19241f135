// Types of the nodes by which stages and subgraphs are told.
#include "runtime/ops/control.h"

#include "runtime/ops/infer.h"
#include "runtime/ops/observe.h"

namespace octet {

const char* control_name(ControlKind kind) {
  switch (kind) {
    case ControlKind::kIf:
      return "if";
    case ControlKind::kLoop:
      return "loop";
    case ControlKind::kScan:
      return "scan";
    case ControlKind::kRest:
      return "rest";
    case ControlKind::kLater:
      return "later";
  }
  return "unknown";
}

Result<OutputTypes> infer(const ControlAttrs& attrs, InputTypes) {
  OutputTypes outputs;
  for (const ResultType& result : attrs.results) outputs.push_back(type_of(result));
  return outputs;
}

Result<OutputTypes> infer(const ObserveAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
  OCTET_RETURN_IF_ERROR(expect_dtype(inputs, 0, {DType::kI64}));
  const TypeInfo& src = *inputs[0];
  if (src.rank() > 1 ||
      !(element_count(src.shape) == Dim(static_cast<int64_t>(attrs.elements.size()))))
    return input_error(inputs, 0, "a scalar or vector of " + std::to_string(attrs.elements.size()));
  OutputTypes outputs = one_output(src.dtype, src.shape);
  outputs[0].contents = attrs.elements;
  return outputs;
}

}  // namespace octet
