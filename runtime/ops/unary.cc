// Type rules of the unary functions.
#include "runtime/ops/unary.h"

#include "runtime/ops/contents.h"
#include "runtime/ops/infer.h"
#include "runtime/ops/rows.h"

namespace octet {
namespace {

Status check_dtype(UnaryTypes types, InputTypes inputs) {
  switch (types) {
    case UnaryTypes::kFloats:
    case UnaryTypes::kFloatsToBools:
      return expect_floating(inputs, 0);
    case UnaryTypes::kNumbers:
      return expect_numeric(inputs, 0);
    case UnaryTypes::kIntegers:
      return expect_integer(inputs, 0);
    case UnaryTypes::kBools:
      return expect_dtype(inputs, 0, {DType::kBool});
  }
  return Status::ok();
}

}  // namespace

Result<OutputTypes> infer(const UnaryAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
  const UnaryTypes types = unary_row(attrs.function).types;
  OCTET_RETURN_IF_ERROR(check_dtype(types, inputs));
  const TypeInfo& src = *inputs[0];
  const bool gives_bools = types == UnaryTypes::kFloatsToBools;
  OutputTypes outputs = one_output(gives_bools ? DType::kBool : src.dtype, src.shape);
  if (src.contents && !gives_bools) {
    std::vector<Dim> contents;
    for (const Dim& element : *src.contents)
      if (auto value = apply_unary(attrs.function, element, src.dtype == DType::kBool))
        contents.push_back(*value);
    if (contents.size() == src.contents->size()) outputs[0].contents = std::move(contents);
  }
  return outputs;
}

RowAccesses row_access(const UnaryAttrs&, InputTypes inputs, const OutputTypes& outputs) {
  if (!has_rows(outputs[0].shape)) return std::nullopt;
  return rows_of_first(inputs);
}

}  // namespace octet
