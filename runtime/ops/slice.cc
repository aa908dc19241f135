// Type rules of Slice and Concat.
#include <limits>

#include "runtime/ops/contents.h"
#include "runtime/ops/infer.h"
#include "runtime/ops/movement.h"

namespace octet {
namespace {

Status check_bounds(const Dim& start, const Dim& count, int64_t step, const Dim& extent,
                    InputTypes inputs) {
  if (step == 0 || step == std::numeric_limits<int64_t>::min())
    return invalid_model("slice step is " + std::to_string(step) + ", expected another number");
  if (!start.is_constant() || !count.is_constant() || !extent.is_constant()) return Status::ok();
  int64_t last = 0;
  bool bad = start.value() < 0 || count.value() < 0;
  bad |= __builtin_mul_overflow(count.value() - 1, step, &last);
  bad |= __builtin_add_overflow(last, start.value(), &last);
  if (count == Dim(0) && !bad) return Status::ok();
  if (bad || start.value() >= extent.value() || last < 0 || last >= extent.value())
    return input_error(inputs, 0,
                       "an extent that holds " + count.text() + " elements from " + start.text() +
                           " in steps of " + std::to_string(step));
  return Status::ok();
}

// What keeps the slice inside of its axis, as far as that shows only at run time. A slice of
// nothing may start anywhere.
Status require_inside(int axis, const Dim& start, const Dim& count, int64_t step, const Dim& extent,
                      TypeInfo& dst) {
  if (count == extent && start == Dim(0) && step == 1) return Status::ok();
  const std::string place = "along axis " + std::to_string(axis) + " of input 0";
  const Dim last = start + (count - Dim(1)) * Dim(step);
  const Dim least = step > 0 ? start : last;
  const Dim past_end = (step > 0 ? last : start) + Dim(1);
  OCTET_RETURN_IF_ERROR(require({.kind = Check::Kind::kAtLeast,
                                 .found = count,
                                 .expected = 0,
                                 .what = "the number of elements that the slice takes " + place},
                                dst.checks));
  if (!least.is_at_least(0) && !least.where_positive(count).is_at_least(0))
    OCTET_RETURN_IF_ERROR(require({.kind = Check::Kind::kAtLeast,
                                   .found = least,
                                   .expected = 0,
                                   .guard = count,
                                   .what = "the start of the slice " + place},
                                  dst.checks));
  const Dim room = extent - past_end;
  if (room.is_at_least(0) || room.where_positive(count).is_at_least(0)) return Status::ok();
  return require({.kind = Check::Kind::kAtMost,
                  .found = past_end,
                  .expected = extent,
                  .guard = count,
                  .what = "the end of the slice " + place},
                 dst.checks);
}

// Of rank 1 or 2.
Contents slice_contents(const SliceAttrs& attrs, const std::vector<Dim>& src,
                        const SymbolicShape& shape) {
  const size_t rank = attrs.starts.size();
  for (size_t axis = 0; axis < rank; ++axis)
    if (!attrs.starts[axis].is_constant() || !attrs.counts[axis].is_constant()) return std::nullopt;
  const auto at = [&](size_t axis, int64_t i) {
    return attrs.starts[axis].value() + i * attrs.steps[axis];
  };
  std::vector<Dim> contents;
  for (int64_t i = 0; i < attrs.counts[0].value(); ++i) {
    if (rank == 1) contents.push_back(src[static_cast<size_t>(at(0, i))]);
    for (int64_t j = 0; rank == 2 && j < attrs.counts[1].value(); ++j)
      contents.push_back(src[static_cast<size_t>(at(0, i) * shape[1].value() + at(1, j))]);
  }
  return contents;
}

}  // namespace

Result<OutputTypes> infer(const SliceAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
  const TypeInfo& src = *inputs[0];
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 0, static_cast<int>(attrs.starts.size())));
  assert(attrs.counts.size() == attrs.starts.size() && attrs.steps.size() == attrs.starts.size());
  for (size_t i = 0; i < attrs.starts.size(); ++i)
    OCTET_RETURN_IF_ERROR(
        check_bounds(attrs.starts[i], attrs.counts[i], attrs.steps[i], src.shape[i], inputs));
  OutputTypes outputs = one_output(src.dtype, attrs.counts);
  for (size_t i = 0; i < attrs.starts.size(); ++i)
    OCTET_RETURN_IF_ERROR(require_inside(static_cast<int>(i), attrs.starts[i], attrs.counts[i],
                                         attrs.steps[i], src.shape[i], outputs[0]));
  if (src.contents && src.rank() >= 1)
    outputs[0].contents = slice_contents(attrs, *src.contents, src.shape);
  return outputs;
}

Result<OutputTypes> infer(const ConcatAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, inputs.empty() ? 1 : inputs.size()));
  const int rank = inputs[0]->rank();
  if (attrs.axis < 0 || attrs.axis >= rank)
    return input_error(inputs, 0, "a rank above the axis, " + std::to_string(attrs.axis));
  const auto axis = static_cast<size_t>(attrs.axis);
  OutputTypes outputs = one_output(inputs[0]->dtype, inputs[0]->shape);
  TypeInfo& dst = outputs[0];
  for (size_t i = 1; i < inputs.size(); ++i) {
    OCTET_RETURN_IF_ERROR(expect_same_dtype(inputs, i));
    OCTET_RETURN_IF_ERROR(expect_rank(inputs, i, rank));
    for (int d = 0; d < rank; ++d)
      if (d != attrs.axis)
        OCTET_RETURN_IF_ERROR(require_equal(inputs, {static_cast<int>(i), d}, {0, d}, dst));
    dst.shape[axis] = dst.shape[axis] + inputs[i]->shape[axis];
  }
  if (!may_have_contents(dst)) return outputs;
  std::vector<Dim> contents;
  for (const TypeInfo* input : inputs) {
    if (!input->contents) return outputs;
    contents.insert(contents.end(), input->contents->begin(), input->contents->end());
  }
  dst.contents = std::move(contents);
  return outputs;
}

}  // namespace octet
