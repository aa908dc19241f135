// Reference of CumSum and CumProd.
#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {

Status cumsum(const CumSumAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView &src = args.inputs[0], &dst = args.outputs[0];
  const int64_t extent = src.shape[attrs.axis];
  const int64_t src_step = src.strides[attrs.axis], dst_step = dst.strides[attrs.axis];
  const bool numbers = is_floating(src.dtype);
  Shape lines = src.shape;
  lines[attrs.axis] = extent == 0 ? 0 : 1;
  walk<2>(share, lines, {src.strides, dst.strides}, [&](int64_t, const auto& offsets, const auto&) {
    double result = attrs.product ? 1 : 0;
    uint64_t integer_result = attrs.product ? 1 : 0;
    for (int64_t i = 0; i < extent && !share.stop(); ++i) {
      const int64_t position = attrs.reverse ? extent - 1 - i : i;
      const int64_t from = offsets[0] + position * src_step, to = offsets[1] + position * dst_step;
      const double before = result;
      const uint64_t integer_before = integer_result;
      if (numbers) {
        const double x = load_number(src, from);
        result = attrs.product ? result * x : result + x;
        store_number(dst, to, attrs.exclusive ? before : result);
      } else {
        const auto x = static_cast<uint64_t>(load_integer(src, from));
        integer_result = attrs.product ? integer_result * x : integer_result + x;
        store_integer(dst, to,
                      static_cast<int64_t>(attrs.exclusive ? integer_before : integer_result));
      }
    }
  });
  return Status::ok();
}

}  // namespace octet::reference
