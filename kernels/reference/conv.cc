// Reference of the convolutions.
#include "kernels/reference/epilogue.h"
#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/window_taps.h"

namespace octet::reference {
namespace {

// The offset of row-major number `index` among the kernel's taps.
int64_t tap_offset(int64_t index, const Window& window, const TensorView& weights) {
  return WindowSpace::offset(WindowSpace::position_of(index, kernel_shape(window)),
                             axes_from(weights.strides, 2));
}

}  // namespace

Status conv(const ConvAttrs& attrs, const TaskArgs& args, std::byte*) {
  const TensorView &src = args.inputs[0], &weights = args.inputs[1], &dst = args.outputs[0];
  const TensorView* bias = optional_view(args.inputs, 2);
  const TensorView* residual = optional_view(args.inputs, 3);
  const WindowSpace space(attrs.window, axes_from(src.shape, 2));
  const Strides spatial_strides = axes_from(src.strides, 2);
  const int64_t group_src = weights.shape[1], group_dst = weights.shape[0] / attrs.groups;
  const Strides residual_strides = residual ? residual->strides : zero_strides(dst.shape);
  walk<1>(dst.shape, {residual_strides}, [&](int64_t index, const auto& offsets) {
    const Shape position = WindowSpace::position_of(index, dst.shape);
    const int64_t m = position[1], first = m / group_dst * group_src;
    const int64_t src_base = position[0] * src.strides[0] + first * src.strides[1];
    double sum = bias ? load_number(*bias, m * bias->strides[0]) : 0;
    space.for_taps(axes_from(position, 2), [&](int64_t tap, const Shape& at) {
      if (!space.inside(at)) return;
      const int64_t src_at = src_base + WindowSpace::offset(at, spatial_strides);
      const int64_t weights_at = m * weights.strides[0] + tap_offset(tap, attrs.window, weights);
      for (int64_t c = 0; c < group_src; ++c)
        sum += load_number(src, src_at + c * src.strides[1]) *
               load_number(weights, weights_at + c * weights.strides[1]);
    });
    if (residual) sum += load_number(*residual, offsets[0]);
    store_number(dst, index, activate(attrs.activation, sum));
  });
  return Status::ok();
}

// Gathers what every element of src adds to one element of dst, so that each is rounded once.
Status conv_transpose(const ConvTransposeAttrs& attrs, const TaskArgs& args, std::byte*) {
  const TensorView &src = args.inputs[0], &weights = args.inputs[1], &dst = args.outputs[0];
  const TensorView* bias = optional_view(args.inputs, 2);
  const Window& window = attrs.window;
  const Shape spatial = axes_from(src.shape, 2), kernel = kernel_shape(window);
  const Strides spatial_strides = axes_from(src.strides, 2);
  const int64_t group_dst = weights.shape[1], group_src = weights.shape[0] / attrs.groups;
  const int64_t taps = kernel.element_count();
  walk<0>(dst.shape, {}, [&](int64_t index, const auto&) {
    const Shape position = WindowSpace::position_of(index, dst.shape);
    const int64_t m = position[1], first = m / group_dst * group_src;
    double sum = bias ? load_number(*bias, m * bias->strides[0]) : 0;
    for (int64_t tap = 0; tap < taps; ++tap) {
      Shape at = WindowSpace::position_of(tap, kernel);
      bool reached = true;
      for (int axis = 0; axis < at.rank(); ++axis) {
        const auto i = static_cast<size_t>(axis);
        const int64_t steps =
            position[axis + 2] + window.begins[i] - at[axis] * window.dilations[i];
        at[axis] = steps / window.strides[i];
        reached &= steps >= 0 && steps % window.strides[i] == 0 && at[axis] < spatial[axis];
      }
      if (!reached) continue;
      const int64_t src_at = position[0] * src.strides[0] + first * src.strides[1] +
                             WindowSpace::offset(at, spatial_strides);
      const int64_t weights_at = first * weights.strides[0] + m % group_dst * weights.strides[1] +
                                 tap_offset(tap, window, weights);
      for (int64_t c = 0; c < group_src; ++c)
        sum += load_number(src, src_at + c * src.strides[1]) *
               load_number(weights, weights_at + c * weights.strides[0]);
    }
    store_number(dst, index, sum);
  });
  return Status::ok();
}

}  // namespace octet::reference
