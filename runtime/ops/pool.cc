// Type rule of pooling.
#include "runtime/ops/pool.h"

#include "runtime/ops/infer.h"

namespace octet {

const char* pool_name(PoolFunction function) {
  switch (function) {
    case PoolFunction::kMax:
      return "max_pool";
    case PoolFunction::kAverage:
      return "average_pool";
    case PoolFunction::kNorm:
      return "lp_pool";
  }
  return "unknown";
}

Result<OutputTypes> infer(const PoolAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 1));
  const bool is_max = attrs.function == PoolFunction::kMax;
  OCTET_RETURN_IF_ERROR(is_max ? expect_numeric(inputs, 0) : expect_floating(inputs, 0));
  const TypeInfo& src = *inputs[0];
  if (src.rank() < 3) return input_error(inputs, 0, "rank 3 or more: batch, channels, spatial");
  OCTET_RETURN_IF_ERROR(check_window(attrs.window, src.shape.size() - 2));
  assert(is_max || !attrs.indices);
  OutputTypes outputs = one_output(src.dtype, {src.shape[0], src.shape[1]});
  for (size_t axis = 0; axis < attrs.window.rank(); ++axis) {
    OCTET_RETURN_IF_ERROR(
        check_window_fits(attrs.window, axis, src.shape[axis + 2], outputs[0].checks));
    outputs[0].shape.push_back(window_count(attrs.window, axis, src.shape[axis + 2]));
  }
  if (attrs.indices) {
    TypeInfo indices;
    indices.dtype = DType::kI64;
    indices.shape = outputs[0].shape;
    outputs.push_back(std::move(indices));
  }
  return outputs;
}

Status check_has_pixels(const Shape& src, const Shape& dst) {
  if (src.element_count() > 0 || dst.element_count() == 0) return Status::ok();
  return invalid_argument("the input is [" + to_string(src) +
                          "]; expected elements along the axes that windows slide over");
}

}  // namespace octet
