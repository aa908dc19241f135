// Type rules of the ops that pick elements by index.
#include "runtime/ops/gather.h"

#include "runtime/ops/contents.h"
#include "runtime/ops/infer.h"
#include "runtime/ops/rows.h"

namespace octet {
namespace {

Status check_axis(InputTypes inputs, int axis) {
  if (axis >= 0 && axis < inputs[0]->rank()) return Status::ok();
  return input_error(inputs, 0, "a rank above the axis, " + std::to_string(axis));
}

// Elements of a constant-size src picked by constant indices; an error when one is out of range.
Result<Contents> gather_contents(const TypeInfo& src, const TypeInfo& indices) {
  const auto picks = constant_contents(indices);
  if (!src.contents || !picks) return Contents();
  const auto size = static_cast<int64_t>(src.contents->size());
  std::vector<Dim> contents;
  for (int64_t pick : *picks) {
    if (pick < -size || pick >= size)
      return invalid_model("index " + std::to_string(pick) + " is out of range for an axis of " +
                           std::to_string(size));
    contents.push_back((*src.contents)[static_cast<size_t>(pick < 0 ? pick + size : pick)]);
  }
  return Contents(std::move(contents));
}

}  // namespace

Result<OutputTypes> infer(const GatherAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 2));
  OCTET_RETURN_IF_ERROR(expect_index_dtype(inputs, 1));
  OCTET_RETURN_IF_ERROR(check_axis(inputs, attrs.axis));
  const SymbolicShape& src = inputs[0]->shape;
  const SymbolicShape& indices = inputs[1]->shape;
  SymbolicShape shape(src.begin(), src.begin() + attrs.axis);
  shape.insert(shape.end(), indices.begin(), indices.end());
  shape.insert(shape.end(), src.begin() + attrs.axis + 1, src.end());
  OutputTypes outputs = one_output(inputs[0]->dtype, std::move(shape));
  if (inputs[0]->rank() == 1 && may_have_contents(outputs[0])) {
    OCTET_ASSIGN_OR_RETURN(outputs[0].contents, gather_contents(*inputs[0], *inputs[1]));
  }
  return outputs;
}

RowAccesses row_access(const GatherAttrs& attrs, InputTypes inputs, const OutputTypes& outputs) {
  const bool is_table = inputs[0]->rank() == 2 && to_constant(inputs[0]->shape).has_value();
  if (attrs.axis != 0 || !is_table || !has_rows(outputs[0].shape)) return std::nullopt;
  return std::vector<RowAccess>{RowAccess::kWhole, RowAccess::kRows};
}

Result<OutputTypes> infer(const GatherElementsAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 2));
  OCTET_RETURN_IF_ERROR(expect_index_dtype(inputs, 1));
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 1, inputs[0]->rank()));
  OCTET_RETURN_IF_ERROR(check_axis(inputs, attrs.axis));
  const SymbolicShape& src = inputs[0]->shape;
  const SymbolicShape& indices = inputs[1]->shape;
  OutputTypes outputs = one_output(inputs[0]->dtype, indices);
  for (size_t i = 0; i < src.size(); ++i) {
    if (static_cast<int>(i) == attrs.axis) continue;
    // Indices may cover less of src, not more.
    const auto axis = static_cast<int>(i);
    OCTET_RETURN_IF_ERROR(require({.kind = Check::Kind::kAtMost,
                                   .found = indices[i],
                                   .expected = src[i],
                                   .at = {1, axis},
                                   .beside = {0, axis}},
                                  outputs[0].checks));
  }
  return outputs;
}

Result<OutputTypes> infer(const GatherNDAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 2));
  OCTET_RETURN_IF_ERROR(expect_index_dtype(inputs, 1));
  const SymbolicShape& src = inputs[0]->shape;
  const SymbolicShape& indices = inputs[1]->shape;
  if (indices.empty() || !indices.back().is_constant())
    return input_error(inputs, 1, "a constant last extent: the length of an index");
  const int64_t length = indices.back().value();
  const int batch_dims = attrs.batch_dims;
  if (batch_dims < 0 || batch_dims >= inputs[1]->rank() || batch_dims > inputs[0]->rank() ||
      length < 0 || length > inputs[0]->rank() - batch_dims)
    return input_error(inputs, 1,
                       "indices of at most " + std::to_string(inputs[0]->rank()) +
                           " numbers with " + std::to_string(batch_dims) + " batch dims of " +
                           to_string(src));
  SymbolicShape shape(indices.begin(), indices.end() - 1);
  shape.insert(shape.end(), src.begin() + batch_dims + length, src.end());
  OutputTypes outputs = one_output(inputs[0]->dtype, std::move(shape));
  for (int i = 0; i < batch_dims; ++i)
    OCTET_RETURN_IF_ERROR(require_equal(inputs, {1, i}, {0, i}, outputs[0]));
  return outputs;
}

}  // namespace octet
