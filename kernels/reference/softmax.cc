// Reference of Softmax and LogSoftmax.
#include "kernels/numerics/softmax.h"

#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/strided.h"

namespace octet::reference {

size_t softmax_scratch(const SoftmaxAttrs& attrs, const TaskShapes& shapes) {
  return static_cast<size_t>(shapes.inputs[0].shape[attrs.axis]) * sizeof(double);
}

Status softmax(const SoftmaxAttrs& attrs, const TaskArgs& args, Share& share, std::byte* scratch) {
  const TensorView &src = args.inputs[0], &dst = args.outputs[0];
  const int64_t extent = src.shape[attrs.axis];
  const std::span<double> row(reinterpret_cast<double*>(scratch), static_cast<size_t>(extent));
  Shape lines = src.shape;
  lines[attrs.axis] = extent == 0 ? 0 : 1;
  walk<2>(share, lines, {src.strides, dst.strides}, [&](int64_t, const auto& offsets, const auto&) {
    for (int64_t i = 0; i < extent && !share.stop(); ++i)
      row[static_cast<size_t>(i)] = load_number(src, offsets[0] + i * src.strides[attrs.axis]);
    numerics::softmax(row, attrs.log, &share);
    for (int64_t i = 0; i < extent && !share.stop(); ++i)
      store_number(dst, offsets[1] + i * dst.strides[attrs.axis], row[static_cast<size_t>(i)]);
  });
  return Status::ok();
}

}  // namespace octet::reference
