// Type rules of Where, Clip and Cast.
#include "runtime/ops/elementwise.h"

#include "runtime/ops/contents.h"
#include "runtime/ops/infer.h"
#include "runtime/ops/rows.h"

namespace octet {
namespace {

Contents where_contents(const TypeInfo& condition, const TypeInfo& on_true,
                        const TypeInfo& on_false, const TypeInfo& dst) {
  if (!condition.contents || !on_true.contents || !on_false.contents || !may_have_contents(dst))
    return std::nullopt;
  std::vector<Dim> contents;
  const auto count = static_cast<size_t>(element_count(dst.shape).value());
  for (size_t i = 0; i < count; ++i)
    contents.push_back(Dim::select(broadcast_element(*condition.contents, i),
                                   broadcast_element(*on_true.contents, i),
                                   broadcast_element(*on_false.contents, i)));
  return contents;
}

}  // namespace

Result<OutputTypes> infer(const WhereAttrs&, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 3));
  OCTET_RETURN_IF_ERROR(expect_dtype(inputs, 0, {DType::kBool}));
  if (inputs[1]->dtype != inputs[2]->dtype)
    return input_error(inputs, 2, std::string(dtype_name(inputs[1]->dtype)) + " as input 1 is");
  std::vector<Check> checks;
  OCTET_ASSIGN_OR_RETURN(SymbolicShape shape, broadcast_inputs(inputs, checks));
  OutputTypes outputs = one_output(inputs[1]->dtype, std::move(shape));
  outputs[0].checks = std::move(checks);
  outputs[0].contents = where_contents(*inputs[0], *inputs[1], *inputs[2], outputs[0]);
  return outputs;
}

Result<OutputTypes> infer(const ClipAttrs&, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1, 2));
  OCTET_RETURN_IF_ERROR(expect_numeric(inputs, 0));
  for (size_t i = 1; i < inputs.size(); ++i) {
    if (inputs[i] == nullptr) continue;
    OCTET_RETURN_IF_ERROR(expect_same_dtype(inputs, i));
    OCTET_RETURN_IF_ERROR(expect_scalar(inputs, i));
  }
  const TypeInfo& src = *inputs[0];
  const TypeInfo* low = optional_input(inputs, 1);
  const TypeInfo* high = optional_input(inputs, 2);
  OutputTypes outputs = one_output(src.dtype, src.shape);
  if (!src.contents || (low && !low->contents) || (high && !high->contents)) return outputs;
  std::vector<Dim> contents = *src.contents;
  for (Dim& element : contents) {
    if (low) element = Dim::max(element, (*low->contents)[0]);
    if (high) element = Dim::min(element, (*high->contents)[0]);
  }
  outputs[0].contents = std::move(contents);
  return outputs;
}

RowAccesses row_access(const ClipAttrs&, InputTypes inputs, const OutputTypes& outputs) {
  if (!has_rows(outputs[0].shape)) return std::nullopt;
  return rows_of_first(inputs);
}

Result<OutputTypes> infer(const CastAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
  const TypeInfo& src = *inputs[0];
  if (src.dtype == DType::kRowParams || attrs.to == DType::kRowParams)
    return input_error(inputs, 0, "a type that ONNX has");
  OutputTypes outputs = one_output(attrs.to, src.shape);
  // No elements could be cast to any type, also to one that has no contents.
  if (!src.contents || !may_keep_contents(outputs[0])) return outputs;
  std::vector<Dim> contents;
  for (const Dim& element : *src.contents) {
    auto value = apply_cast(element, attrs.to);
    if (!value) return outputs;
    contents.push_back(*value);
  }
  outputs[0].contents = std::move(contents);
  return outputs;
}

RowAccesses row_access(const CastAttrs&, InputTypes inputs, const OutputTypes& outputs) {
  if (!has_rows(outputs[0].shape)) return std::nullopt;
  return rows_of_first(inputs);
}

}  // namespace octet
