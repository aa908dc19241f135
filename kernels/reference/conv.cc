// Reference of the convolutions.
#include <optional>

#include "kernels/reference/epilogue.h"
#include "kernels/reference/evaluate.h"
#include "kernels/reference/numbers.h"
#include "kernels/reference/window_taps.h"

namespace octet::reference {
Status conv(const ConvAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView &src = args.inputs[0], &weights = args.inputs[1], &dst = args.outputs[0];
  const TensorView* bias = optional_view(args.inputs, 2);
  const TensorView* residual = optional_view(args.inputs, 3);
  const WindowSpace space(attrs.window, axes_from(src.shape, 2));
  const Strides src_strides = axes_from(src.strides, 2),
                tap_strides = axes_from(weights.strides, 2);
  const int spatial_rank = src_strides.rank();
  const int64_t group_src = weights.shape[1], group_dst = weights.shape[0] / attrs.groups;
  const Strides residual_strides = residual ? residual->strides : zero_strides(dst.shape);
  walk<1>(share, dst.shape, {residual_strides},
          [&](int64_t index, const auto& offsets, const Position& position) {
            const int64_t m = position[1], first = m / group_dst * group_src;
            const int64_t src_base = position[0] * src.strides[0] + first * src.strides[1];
            const int64_t weights_base = m * weights.strides[0];
            double sum = bias ? load_number(*bias, m * bias->strides[0]) : 0;
            for_taps(share, space.taps_in_src(&position[2]), spatial_rank, src_strides, tap_strides,
                     [&](int64_t src_at, int64_t tap_at, const Position&) {
                       for (int64_t c = 0; c < group_src && !share.stop(); ++c)
                         sum +=
                             load_number(src, src_base + src_at + c * src.strides[1]) *
                             load_number(weights, weights_base + tap_at + c * weights.strides[1]);
                     });
            if (residual) sum += load_number(*residual, offsets[0]);
            store_number(dst, index, activate(attrs.activation, sum));
          });
  return Status::ok();
}

// Gathers what every element of src adds to one element of dst, so that each is rounded once.
Status conv_transpose(const ConvTransposeAttrs& attrs, const TaskArgs& args, Share& share,
                      std::byte*) {
  const TensorView &src = args.inputs[0], &weights = args.inputs[1], &dst = args.outputs[0];
  const TensorView* bias = optional_view(args.inputs, 2);
  const Strides src_strides = axes_from(src.strides, 2),
                tap_strides = axes_from(weights.strides, 2);
  const int spatial_rank = src_strides.rank();
  const int64_t group_dst = weights.shape[1], group_src = weights.shape[0] / attrs.groups;
  std::array<std::optional<TransposedTaps>, kMaxRank> taps;
  for (int axis = 0; axis < spatial_rank; ++axis)
    taps[static_cast<size_t>(axis)].emplace(attrs.window, static_cast<size_t>(axis),
                                            src.shape[axis + 2]);
  walk<0>(share, dst.shape, {}, [&](int64_t index, const auto&, const Position& position) {
    const int64_t m = position[1], first = m / group_dst * group_src;
    const int64_t src_base = position[0] * src.strides[0] + first * src.strides[1];
    const int64_t weights_base = first * weights.strides[0] + m % group_dst * weights.strides[1];
    TapRuns runs;
    for (size_t axis = 0; axis < static_cast<size_t>(spatial_rank); ++axis)
      runs[axis] = taps[axis]->at(position[axis + 2]);
    double sum = bias ? load_number(*bias, m * bias->strides[0]) : 0;
    for_taps(share, runs, spatial_rank, src_strides, tap_strides,
             [&](int64_t src_at, int64_t tap_at, const Position&) {
               for (int64_t c = 0; c < group_src && !share.stop(); ++c)
                 sum += load_number(src, src_base + src_at + c * src.strides[1]) *
                        load_number(weights, weights_base + tap_at + c * weights.strides[0]);
             });
    store_number(dst, index, sum);
  });
  return Status::ok();
}

}  // namespace octet::reference
