// Type rule of DeformColumns.
#include "runtime/ops/deform_columns.h"

#include <cmath>

#include "runtime/ops/infer.h"

namespace octet {
namespace {

// That the input has the batch of src, `channels` channels and an element for each output.
Status check_per_output(InputTypes inputs, int index, const Dim& channels,
                        const SymbolicShape& outputs, TypeInfo& dst) {
  OCTET_RETURN_IF_ERROR(expect_same_dtype(inputs, static_cast<size_t>(index)));
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, static_cast<size_t>(index), inputs[0]->rank()));
  OCTET_RETURN_IF_ERROR(require_equal(inputs, {index, 0}, {0, 0}, dst));
  OCTET_RETURN_IF_ERROR(require_extent(inputs, {index, 1}, channels, dst));
  for (size_t axis = 0; axis < outputs.size(); ++axis)
    OCTET_RETURN_IF_ERROR(
        require_extent(inputs, {index, static_cast<int>(axis) + 2}, outputs[axis], dst));
  return Status::ok();
}

}  // namespace

Result<OutputTypes> infer(const DeformColumnsAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 2, 1));
  OCTET_RETURN_IF_ERROR(expect_floating(inputs, 0));
  const SymbolicShape& src = inputs[0]->shape;
  if (src.size() < 3) return input_error(inputs, 0, "rank 3 or more: batch, channels, spatial");
  OCTET_RETURN_IF_ERROR(check_window(attrs.window, src.size() - 2));
  assert(attrs.window.padding == Padding::kExplicit && !attrs.window.ceil_mode);
  if (attrs.groups < 1)
    return invalid_model("has " + std::to_string(attrs.groups) +
                         " groups of offsets, expected 1 or more");
  const Dim groups = attrs.groups;
  Dim taps = 1;
  for (int64_t extent : attrs.window.kernel) taps = taps * Dim(extent);
  SymbolicShape counts;
  std::vector<Check> checks;
  for (size_t axis = 0; axis < attrs.window.rank(); ++axis) {
    OCTET_RETURN_IF_ERROR(check_window_fits(attrs.window, axis, src[axis + 2], checks));
    counts.push_back(window_count(attrs.window, axis, src[axis + 2]));
  }
  OutputTypes outputs = one_output(inputs[0]->dtype, {src[0], src[1], taps, element_count(counts)});
  TypeInfo& dst = outputs[0];
  dst.checks = std::move(checks);
  OCTET_RETURN_IF_ERROR(require({.found = Dim::mod(src[1], groups),
                                 .expected = 0,
                                 .what = "the rest of the channels, divided by the groups of "
                                         "offsets,"},
                                dst.checks));
  const Dim rank = static_cast<int64_t>(attrs.window.rank());
  OCTET_RETURN_IF_ERROR(check_per_output(inputs, 1, groups * taps * rank, counts, dst));
  if (optional_input(inputs, 2) == nullptr) return outputs;
  OCTET_RETURN_IF_ERROR(check_per_output(inputs, 2, groups * taps, counts, dst));
  return outputs;
}

double extra_work(const DeformColumnsAttrs& attrs, std::span<const Shape>,
                  std::span<const Shape> outputs) {
  return static_cast<double>(outputs[0].element_count()) *
         std::pow(2, static_cast<double>(attrs.window.rank()));
}

}  // namespace octet
