// Type rule of ArgMax and ArgMin.
#include "runtime/ops/arg_reduce.h"

#include <algorithm>

#include "runtime/ops/infer.h"

namespace octet {

Result<OutputTypes> infer(const ArgReduceAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
  OCTET_RETURN_IF_ERROR(expect_numeric(inputs, 0));
  if (attrs.axis < 0 || attrs.axis >= inputs[0]->rank())
    return input_error(inputs, 0, "a rank above the axis, " + std::to_string(attrs.axis));
  SymbolicShape shape = inputs[0]->shape;
  const bool is_empty = shape[static_cast<size_t>(attrs.axis)] == Dim(0);
  if (attrs.keep_dims)
    shape[static_cast<size_t>(attrs.axis)] = 1;
  else
    shape.erase(shape.begin() + attrs.axis);
  if (is_empty && !attrs.empty_gives_0 &&
      std::ranges::all_of(shape, [](const Dim& d) { return d.is_constant() && d.value() > 0; }))
    return input_error(inputs, 0, "an element along axis " + std::to_string(attrs.axis));
  return one_output(DType::kI64, std::move(shape));
}

}  // namespace octet
