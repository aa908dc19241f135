// Type rule of RoiAlign.
#include "runtime/ops/roi_align.h"

#include <algorithm>

#include "runtime/ops/infer.h"

namespace octet {

Result<OutputTypes> infer(const RoiAlignAttrs& attrs, InputTypes inputs) {
  OCTET_RETURN_IF_ERROR(expect_inputs(inputs, 3));
  OCTET_RETURN_IF_ERROR(expect_floating(inputs, 0));
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 0, 4));
  OCTET_RETURN_IF_ERROR(expect_same_dtype(inputs, 1));
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 1, 2));
  OCTET_RETURN_IF_ERROR(expect_dtype(inputs, 2, {DType::kI64}));
  OCTET_RETURN_IF_ERROR(expect_rank(inputs, 2, 1));
  const auto expect_least = [](const char* what, int64_t found, int64_t least) {
    if (found >= least) return Status::ok();
    return invalid_model(std::string(what) + " is " + std::to_string(found) + ", expected " +
                         std::to_string(least) + " or more");
  };
  OCTET_RETURN_IF_ERROR(expect_least("the output's height", attrs.height, 1));
  OCTET_RETURN_IF_ERROR(expect_least("the output's width", attrs.width, 1));
  OCTET_RETURN_IF_ERROR(expect_least("the sampling ratio", attrs.samples, 0));
  OutputTypes outputs = one_output(
      inputs[0]->dtype, {inputs[1]->shape[0], inputs[0]->shape[1], attrs.height, attrs.width});
  OCTET_RETURN_IF_ERROR(require_extent(inputs, {1, 1}, 4, outputs[0]));
  OCTET_RETURN_IF_ERROR(require_equal(inputs, {2, 0}, {1, 0}, outputs[0]));
  return outputs;
}

double extra_work(const RoiAlignAttrs& attrs, std::span<const Shape> inputs,
                  std::span<const Shape> outputs) {
  const Shape &src = inputs[0], &dst = outputs[0];
  const auto along = [&](int axis) {
    if (attrs.samples > 0)
      return static_cast<double>(attrs.samples) * static_cast<double>(dst[axis]);
    return static_cast<double>(std::max(src[axis], dst[axis]));
  };
  return 4 * static_cast<double>(dst[0]) * static_cast<double>(dst[1]) * along(2) * along(3);
}

Status check_roi_batch(int64_t roi, int64_t batch, int64_t batches) {
  if (batch >= 0 && batch < batches) return Status::ok();
  return invalid_argument("region " + std::to_string(roi) + " is of picture " +
                          std::to_string(batch) + ", but there are " + std::to_string(batches));
}

}  // namespace octet
