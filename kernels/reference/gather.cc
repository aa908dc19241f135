// Reference of Gather, GatherElements and GatherND.
#include "kernels/reference/checked_index.h"
#include "kernels/reference/evaluate.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

// Copies src elements to dst; `locate` turns the offsets of (src, indices) into the offset in src.
template <class Locate>
Status pick(const TaskArgs& args, Share& share, const Strides& src_strides,
            const Strides& index_strides, Locate locate) {
  const TensorView &src = args.inputs[0], &dst = args.outputs[0];
  const size_t size = dtype_size(src.dtype);
  Status status;
  walk<2>(share, dst.shape, {src_strides, index_strides},
          [&](int64_t index, const auto& offsets, const auto&) {
            const Result<int64_t> offset = locate(offsets[0], offsets[1]);
            if (offset.is_ok()) {
              std::memcpy(element(dst, index), element(src, *offset), size);
            } else {
              status = offset.status();
              share.end();
            }
          });
  return status;
}

}  // namespace

Status gather(const GatherAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView &src = args.inputs[0], &indices = args.inputs[1], &dst = args.outputs[0];
  Strides src_strides = zero_strides(dst.shape), index_strides = src_strides;
  const int index_rank = indices.shape.rank();
  for (int axis = 0; axis < dst.shape.rank(); ++axis) {
    const bool of_indices = axis >= attrs.axis && axis < attrs.axis + index_rank;
    if (of_indices)
      index_strides[axis] = indices.strides[axis - attrs.axis];
    else
      src_strides[axis] = src.strides[axis < attrs.axis ? axis : axis - index_rank + 1];
  }
  return pick(args, share, src_strides, index_strides,
              [&](int64_t src_offset, int64_t index_offset) -> Result<int64_t> {
                OCTET_ASSIGN_OR_RETURN(
                    const int64_t index,
                    checked_index(indices, index_offset, attrs.axis, src.shape[attrs.axis]));
                return src_offset + index * src.strides[attrs.axis];
              });
}

Status gather_elements(const GatherElementsAttrs& attrs, const TaskArgs& args, Share& share,
                       std::byte*) {
  const TensorView &src = args.inputs[0], &indices = args.inputs[1];
  Strides src_strides = src.strides;
  src_strides[attrs.axis] = 0;
  return pick(args, share, src_strides, indices.strides,
              [&](int64_t src_offset, int64_t index_offset) -> Result<int64_t> {
                OCTET_ASSIGN_OR_RETURN(
                    const int64_t index,
                    checked_index(indices, index_offset, attrs.axis, src.shape[attrs.axis]));
                return src_offset + index * src.strides[attrs.axis];
              });
}

Status gather_nd(const GatherNDAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView &src = args.inputs[0], &indices = args.inputs[1], &dst = args.outputs[0];
  const int batch = attrs.batch_dims, index_axes = indices.shape.rank() - 1;
  const auto depth = static_cast<int>(indices.shape.back());
  // dst = [batch dims, the other axes of indices, the axes of src that no index names]
  Strides src_strides = zero_strides(dst.shape), index_strides = src_strides;
  for (int axis = 0; axis < dst.shape.rank(); ++axis) {
    if (axis < index_axes) index_strides[axis] = indices.strides[axis];
    if (axis < batch) src_strides[axis] = src.strides[axis];
    if (axis >= index_axes) src_strides[axis] = src.strides[axis - index_axes + batch + depth];
  }
  return pick(args, share, src_strides, index_strides,
              [&](int64_t src_offset, int64_t index_offset) -> Result<int64_t> {
                for (int i = 0; i < depth && !share.stop(); ++i) {
                  const int64_t at = index_offset + i * indices.strides[index_axes];
                  OCTET_ASSIGN_OR_RETURN(const int64_t index, checked_index(indices, at, batch + i,
                                                                            src.shape[batch + i]));
                  src_offset += index * src.strides[batch + i];
                }
                return src_offset;
              });
}

}  // namespace octet::reference
