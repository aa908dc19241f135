// Reference of ScatterElements, ScatterND and TensorScatter. Shares are cut over what no two
// updates share, so that every element gets its updates in their order.
#include "runtime/ops/scatter.h"

#include "kernels/reference/binary_element.h"
#include "kernels/reference/checked_index.h"
#include "kernels/reference/strided.h"

namespace octet::reference {
namespace {

void copy_element(const TensorView& src, int64_t from, const TensorView& dst, int64_t to) {
  std::memcpy(element(dst, to), element(src, from), dtype_size(src.dtype));
}

// dst[to] = reduction(dst[to], updates[from])
void combine(ScatterReduction reduction, const TensorView& updates, int64_t from,
             const TensorView& dst, int64_t to) {
  switch (reduction) {
    case ScatterReduction::kNone:
      return copy_element(updates, from, dst, to);
    case ScatterReduction::kAdd:
      return apply_binary(BinaryFunction::kAdd, dst, to, updates, from, dst, to);
    case ScatterReduction::kMul:
      return apply_binary(BinaryFunction::kMul, dst, to, updates, from, dst, to);
    case ScatterReduction::kMax:
      return apply_binary(BinaryFunction::kMax, dst, to, updates, from, dst, to);
    case ScatterReduction::kMin:
      return apply_binary(BinaryFunction::kMin, dst, to, updates, from, dst, to);
  }
}

Shape first_axes(const Shape& shape, int count) {
  return Shape(shape.dims().first(static_cast<size_t>(count)));
}
Shape last_axes(const Shape& shape, int count) {
  return Shape(shape.dims().last(static_cast<size_t>(count)));
}

// Without the axis, whose steps are the caller's.
Strides without_axis(Strides strides, int axis) {
  strides[axis] = 0;
  return strides;
}

}  // namespace

Status scatter_elements(const ScatterElementsAttrs& attrs, const TaskArgs& args, Share& share,
                        std::byte*) {
  const TensorView &src = args.inputs[0], &indices = args.inputs[1], &updates = args.inputs[2];
  const TensorView& dst = args.outputs[0];
  const int axis = attrs.axis;
  const int64_t extent = src.shape[axis], count = indices.shape[axis];
  const int64_t src_step = src.strides[axis], dst_step = dst.strides[axis];
  const int64_t index_step = indices.strides[axis], update_step = updates.strides[axis];
  Shape lines = src.shape;
  lines[axis] = 1;
  const auto has_updates = [&](const Position& at) {
    for (int i = 0; i < lines.rank(); ++i)
      if (i != axis && at[static_cast<size_t>(i)] >= indices.shape[i]) return false;
    return true;
  };
  Status status;
  walk<4>(share, lines, {src.strides, dst.strides, indices.strides, updates.strides},
          [&](int64_t, const auto& from, const Position& at) {
            for (int64_t i = 0; i < extent && !share.stop(); ++i)
              copy_element(src, from[0] + i * src_step, dst, from[1] + i * dst_step);
            if (!has_updates(at)) return;
            for (int64_t i = 0; i < count && !share.stop(); ++i) {
              const auto place = checked_index(indices, from[2] + i * index_step, axis, extent);
              if (!place.is_ok()) return share.end(), void(status = place.status());
              combine(attrs.reduction, updates, from[3] + i * update_step, dst,
                      from[1] + *place * dst_step);
            }
          });
  return status;
}

// Of each slice a task computes the same elements.
Status scatter_nd(const ScatterNDAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView &src = args.inputs[0], &indices = args.inputs[1], &updates = args.inputs[2];
  const TensorView& dst = args.outputs[0];
  const int lead = indices.shape.rank() - 1, rank = src.shape.rank();
  const auto depth = static_cast<int>(indices.shape.back());
  const Shape slice = last_axes(src.shape, rank - depth);
  const Share::Range own = share.of(slice.element_count());
  if (own.first == own.last) return Status::ok();
  const Strides dst_strides = last_axes(dst.strides, rank - depth);
  walk_all<2>(share, first_axes(src.shape, depth),
              {first_axes(src.strides, depth), first_axes(dst.strides, depth)},
              [&](int64_t, const auto& slices, const Position&) {
                walk_range<2>(share, own, slice,
                              {last_axes(src.strides, rank - depth), dst_strides},
                              [&](int64_t, const auto& at, const Position&) {
                                copy_element(src, slices[0] + at[0], dst, slices[1] + at[1]);
                              });
              });
  Status status;
  walk_all<2>(share, first_axes(indices.shape, lead),
              {first_axes(indices.strides, lead), first_axes(updates.strides, lead)},
              [&](int64_t, const auto& from, const Position&) {
                int64_t to = 0;
                for (int i = 0; i < depth && !share.stop(); ++i) {
                  const auto place =
                      checked_index(indices, from[0] + i * indices.strides[lead], i, src.shape[i]);
                  if (!place.is_ok()) return share.end(), void(status = place.status());
                  to += *place * dst.strides[i];
                }
                walk_range<2>(share, own, slice,
                              {last_axes(updates.strides, rank - depth), dst_strides},
                              [&](int64_t, const auto& at, const Position&) {
                                combine(attrs.reduction, updates, from[1] + at[0], dst, to + at[1]);
                              });
              });
  return status;
}

Status tensor_scatter(const TensorScatterAttrs& attrs, const TaskArgs& args, Share& share,
                      std::byte*) {
  const TensorView &src = args.inputs[0], &updates = args.inputs[1], &dst = args.outputs[0];
  const TensorView* places = optional_view(args.inputs, 2);
  const int axis = attrs.axis;
  const int64_t extent = src.shape[axis], count = updates.shape[axis];
  Status status;
  walk<2>(share, dst.shape, {src.strides, without_axis(updates.strides, axis)},
          [&](int64_t index, const auto& from, const Position& at) {
            const int64_t batch = at[0];
            const auto first = first_place(
                attrs, batch, places ? load_integer(*places, batch * places->strides[0]) : 0, count,
                extent);
            if (!first.is_ok()) return share.end(), void(status = first.status());
            int64_t entry = at[static_cast<size_t>(axis)] - *first;
            if (attrs.circular && entry < 0) entry += extent;
            if (entry >= 0 && entry < count)
              copy_element(updates, from[1] + entry * updates.strides[axis], dst, index);
            else
              copy_element(src, from[0], dst, index);
          });
  return status;
}

}  // namespace octet::reference
