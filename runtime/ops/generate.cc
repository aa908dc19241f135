// Type rules of the ops without inputs: ShapeValues and Range.
#include "runtime/ops/contents.h"
#include "runtime/ops/infer.h"
#include "runtime/ops/movement.h"

namespace octet {

Result<OutputTypes> infer(const ShapeValuesAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 0));
  assert(is_integer(attrs.dtype) || attrs.dtype == DType::kBool);
  assert(!attrs.scalar || attrs.values.size() == 1);
  SymbolicShape shape;
  if (!attrs.scalar) shape.push_back(static_cast<int64_t>(attrs.values.size()));
  OutputTypes outputs = one_output(attrs.dtype, std::move(shape));
  if (may_have_contents(outputs[0])) outputs[0].contents = attrs.values;
  return outputs;
}

Result<OutputTypes> infer(const RangeAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 0));
  if (!is_integer(attrs.dtype))
    return unsupported(std::string("a range of ") + dtype_name(attrs.dtype) +
                       "; expected an integer type");
  OutputTypes outputs = one_output(attrs.dtype, {attrs.count});
  if (!may_have_contents(outputs[0])) return outputs;
  std::vector<Dim> contents;
  for (int64_t i = 0; i < attrs.count.value(); ++i)
    contents.push_back(attrs.start + Dim(i) * attrs.delta);
  outputs[0].contents = std::move(contents);
  return outputs;
}

}  // namespace octet
