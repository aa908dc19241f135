// Type rules of Reshape, Transpose and Expand.
#include "runtime/ops/movement.h"

#include "runtime/ops/contents.h"
#include "runtime/ops/infer.h"

namespace octet {
namespace {

// The axis whose extents alone decide whether `from` and `to` have as many elements; nullopt where
// there are several, or another one may be empty.
std::optional<size_t> only_axis_changed(const SymbolicShape& from, const SymbolicShape& to) {
  if (from.size() != to.size()) return std::nullopt;
  std::optional<size_t> changed;
  for (size_t axis = 0; axis < from.size(); ++axis) {
    if (from[axis] == to[axis] && from[axis].is_constant() && from[axis].value() > 0) continue;
    if (changed || from[axis] == to[axis]) return std::nullopt;
    changed = axis;
  }
  return changed;
}

}  // namespace

Result<OutputTypes> infer(const ReshapeAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
  const TypeInfo& src = *inputs[0];
  OutputTypes outputs = one_output(src.dtype, attrs.shape);
  const Dim found = element_count(src.shape);
  const Dim expected = element_count(attrs.shape);
  const Check count{
      .found = found, .expected = expected, .what = "the number of elements of input 0"};
  if (count.known() == false)
    return input_error(inputs, 0,
                       expected.text() + " elements for the shape " + to_string(attrs.shape));
  if (const auto axis = only_axis_changed(src.shape, attrs.shape))
    OCTET_RETURN_IF_ERROR(
        require_extent(inputs, {0, static_cast<int>(*axis)}, attrs.shape[*axis], outputs[0]));
  else
    OCTET_RETURN_IF_ERROR(require(count, outputs[0].checks));
  if (src.contents && may_keep_contents(outputs[0])) outputs[0].contents = src.contents;
  return outputs;
}

Result<OutputTypes> infer(const TransposeAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
  const TypeInfo& src = *inputs[0];
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 0, static_cast<int>(attrs.permutation.size())));
  SymbolicShape shape;
  std::vector<bool> seen(src.shape.size());
  for (int axis : attrs.permutation) {
    if (axis < 0 || axis >= src.rank() || seen[static_cast<size_t>(axis)])
      return invalid_model("permutation has axis " + std::to_string(axis) +
                           " twice or out of range, expected each axis of input 0 once");
    seen[static_cast<size_t>(axis)] = true;
    shape.push_back(src.shape[static_cast<size_t>(axis)]);
  }
  OutputTypes outputs = one_output(src.dtype, std::move(shape));
  if (src.contents)
    outputs[0].contents = permute_contents(*src.contents, src.shape, attrs.permutation);
  return outputs;
}

Result<OutputTypes> infer(const ExpandAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
  const TypeInfo& src = *inputs[0];
  OutputTypes outputs = one_output(src.dtype, attrs.shape);
  OCTET_RETURN_IF_ERROR(require_expands(inputs, 0, attrs.shape, outputs[0]));
  if (src.contents && may_have_contents(outputs[0])) {
    const auto count = static_cast<size_t>(element_count(attrs.shape).value());
    std::vector<Dim> contents;
    for (size_t i = 0; i < count; ++i) contents.push_back(broadcast_element(*src.contents, i));
    outputs[0].contents = std::move(contents);
  }
  return outputs;
}

}  // namespace octet
