// Reference of DeformColumns.
#include "runtime/ops/deform_columns.h"

#include "kernels/reference/sample.h"
#include "kernels/reference/strided.h"
#include "kernels/reference/window_taps.h"

namespace octet::reference {
namespace {

// The index along each axis of the element with this number in row-major order.
Position unflatten(int64_t number, const Shape& shape) {
  Position at{};
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    at[static_cast<size_t>(axis)] = number % shape[axis];
    number /= shape[axis];
  }
  return at;
}

int64_t offset_of(const Position& at, const Strides& strides) {
  int64_t offset = 0;
  for (int axis = 0; axis < strides.rank(); ++axis)
    offset += at[static_cast<size_t>(axis)] * strides[axis];
  return offset;
}

}  // namespace

Status deform_columns(const DeformColumnsAttrs& attrs, const TaskArgs& args, Share& share,
                      std::byte*) {
  const TensorView &src = args.inputs[0], &offsets = args.inputs[1], &dst = args.outputs[0];
  const TensorView* mask = optional_view(args.inputs, 2);
  const Window& window = attrs.window;
  const int axes = src.shape.rank() - 2;
  const Shape kernel = kernel_shape(window), outputs = axes_from(offsets.shape, 2);
  const int64_t group_channels = src.shape[1] / attrs.groups, tap_count = dst.shape[2];
  walk<0>(share, dst.shape, {}, [&](int64_t index, const auto&, const Position& at) {
    const Position tap = unflatten(at[2], kernel), output = unflatten(at[3], outputs);
    const int64_t channel = at[1] / group_channels * tap_count + at[2];
    const int64_t place = at[0] * offsets.strides[0] + channel * axes * offsets.strides[1] +
                          offset_of(output, axes_from(offsets.strides, 2));
    std::array<numerics::AxisTaps, kMaxRank> taps;
    for (int axis = 0; axis < axes; ++axis) {
      const auto i = static_cast<size_t>(axis);
      const int64_t from =
          output[i] * window.strides[i] - window.begins[i] + tap[i] * window.dilations[i];
      taps[i] = numerics::linear_taps(
          static_cast<double>(from) + load_number(offsets, place + axis * offsets.strides[1]),
          src.shape[axis + 2]);
    }
    const int64_t plane = at[0] * src.strides[0] + at[1] * src.strides[1];
    double value = sample(share, src, plane, 2, std::span(taps.data(), static_cast<size_t>(axes)));
    if (mask != nullptr)
      value *= load_number(*mask, at[0] * mask->strides[0] + channel * mask->strides[1] +
                                      offset_of(output, axes_from(mask->strides, 2)));
    store_number(dst, index, value);
  });
  return Status::ok();
}

}  // namespace octet::reference
