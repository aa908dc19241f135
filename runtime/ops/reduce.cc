// Type rules of reductions, running sums and running products.
#include "runtime/ops/reduce.h"

#include <algorithm>

#include "runtime/ops/contents.h"
#include "runtime/ops/infer.h"

namespace octet {
namespace {

Status check_axes(const std::vector<int>& axes, InputTypes inputs) {
  for (size_t i = 0; i < axes.size(); ++i) {
    const bool in_order = i == 0 || axes[i - 1] < axes[i];
    if (!in_order || axes[i] < 0 || axes[i] >= inputs[0]->rank())
      return input_error(
          inputs, 0,
          "a rank above each axis, axes unique; axis " + std::to_string(axes[i]) + " is not");
  }
  return Status::ok();
}

}  // namespace

const char* reduce_name(ReduceFunction function) {
  switch (function) {
    case ReduceFunction::kSum:
      return "reduce_sum";
    case ReduceFunction::kMean:
      return "reduce_mean";
    case ReduceFunction::kMax:
      return "reduce_max";
    case ReduceFunction::kMin:
      return "reduce_min";
    case ReduceFunction::kProd:
      return "reduce_prod";
    case ReduceFunction::kL1:
      return "reduce_l1";
    case ReduceFunction::kL2:
      return "reduce_l2";
    case ReduceFunction::kSumSquare:
      return "reduce_sum_square";
    case ReduceFunction::kLogSum:
      return "reduce_log_sum";
    case ReduceFunction::kLogSumExp:
      return "reduce_log_sum_exp";
  }
  return "unknown";
}

Result<OutputTypes> infer(const ReduceAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
  const TypeInfo& src = *inputs[0];
  const bool orders =
      attrs.function == ReduceFunction::kMax || attrs.function == ReduceFunction::kMin;
  if (!(orders && src.dtype == DType::kBool)) OCTET_RETURN_IF_ERROR(expect_numeric(inputs, 0));
  OCTET_RETURN_IF_ERROR(check_axes(attrs.axes, inputs));
  SymbolicShape shape;
  for (int axis = 0; axis < src.rank(); ++axis) {
    const bool reduced = std::find(attrs.axes.begin(), attrs.axes.end(), axis) != attrs.axes.end();
    if (!reduced) shape.push_back(src.shape[static_cast<size_t>(axis)]);
    if (reduced && attrs.keep_dims) shape.push_back(1);
  }
  OutputTypes outputs = one_output(src.dtype, std::move(shape));
  if (src.contents && src.rank() == 1 && attrs.axes.size() == 1)
    outputs[0].contents = reduce_contents(attrs.function, *src.contents);
  return outputs;
}

Status check_not_empty(const ReduceAttrs& attrs, const Shape& src, int64_t dst_elements) {
  if (!attrs.refuses_empty || dst_elements == 0 || src.element_count() > 0) return Status::ok();
  return invalid_argument("the input is [" + to_string(src) +
                          "]; expected elements along the axes over which it is taken together");
}

Result<OutputTypes> infer(const CumSumAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
  OCTET_RETURN_IF_ERROR(expect_numeric(inputs, 0));
  if (attrs.axis < 0 || attrs.axis >= inputs[0]->rank())
    return input_error(inputs, 0, "a rank above the axis, " + std::to_string(attrs.axis));
  return one_output(inputs[0]->dtype, inputs[0]->shape);
}

}  // namespace octet
