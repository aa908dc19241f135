// Reference of the ops that only move elements: each is a copy from a view.
#include "kernels/reference/evaluate.h"
#include "kernels/reference/strided.h"

namespace octet::reference {

Status reshape(const ReshapeAttrs&, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView& src = args.inputs[0];
  copy(share, src, contiguous_view(args.outputs[0].data, src.dtype, src.shape));
  return Status::ok();
}

Status transpose(const TransposeAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView& dst = args.outputs[0];
  TensorView src = args.inputs[0];
  src.shape = dst.shape;
  for (int axis = 0; axis < dst.shape.rank(); ++axis)
    src.strides[axis] = args.inputs[0].strides[attrs.permutation[static_cast<size_t>(axis)]];
  copy(share, src, dst);
  return Status::ok();
}

Status slice(const SliceAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView& dst = args.outputs[0];
  if (dst.element_count() == 0) return Status::ok();
  TensorView src = args.inputs[0];
  src.shape = dst.shape;
  int64_t offset = 0;
  for (int axis = 0; axis < dst.shape.rank(); ++axis) {
    offset += attrs.starts[static_cast<size_t>(axis)].value() * src.strides[axis];
    src.strides[axis] *= attrs.steps[static_cast<size_t>(axis)];
  }
  src.data = element(src, offset);
  copy(share, src, dst);
  return Status::ok();
}

Status expand(const ExpandAttrs&, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView &src = args.inputs[0], &dst = args.outputs[0];
  copy(share, {src.data, src.dtype, dst.shape, broadcast_strides(src, dst.shape)}, dst);
  return Status::ok();
}

Status concat(const ConcatAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView& dst = args.outputs[0];
  int64_t start = 0;
  for (const TensorView& src : args.inputs) {
    if (share.stop()) break;
    copy(share, src,
         {element(dst, start * dst.strides[attrs.axis]), dst.dtype, src.shape, dst.strides});
    start += src.shape[attrs.axis];
  }
  return Status::ok();
}

}  // namespace octet::reference
