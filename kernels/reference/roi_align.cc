// Reference of RoiAlign.
#include "runtime/ops/roi_align.h"

#include <limits>

#include "kernels/numerics/roi_axis.h"
#include "kernels/reference/largest.h"
#include "kernels/reference/sample.h"
#include "kernels/reference/strided.h"
#include "runtime/ops/sampling.h"

namespace octet::reference {
namespace {

// The largest product of a pixel and its weight.
double largest_part(const TensorView& src, int64_t plane, const numerics::AxisTaps& rows,
                    const numerics::AxisTaps& columns) {
  double largest = -std::numeric_limits<double>::infinity();
  for (size_t y = 0; y < 2; ++y) {
    for (size_t x = 0; x < 2; ++x) {
      const int64_t row = rows.index[y], column = columns.index[x];
      const double part =
          row < 0 || column < 0
              ? 0
              : rows.weight[y] * columns.weight[x] *
                    load_number(src, plane + row * src.strides[2] + column * src.strides[3]);
      take_larger(part, largest);
    }
  }
  return largest;
}

// A bin of one channel. `plane`: where that begins in src.
template <class T>
double pool_bin(const RoiAlignAttrs& attrs, Share& share, const TensorView& src, int64_t plane,
                const numerics::RoiAxis<T>& down, const numerics::RoiAxis<T>& across, int64_t row,
                int64_t column) {
  if (!down.is_valid() || !across.is_valid()) return std::numeric_limits<double>::quiet_NaN();
  const double points =
      static_cast<double>(down.point_count()) * static_cast<double>(across.point_count());
  if (points == 0) return 0;
  const auto y = down.points_inside(row), x = across.points_inside(column);
  const bool all = static_cast<double>(y.count) * static_cast<double>(x.count) == points;
  double sum = 0, largest = all ? -std::numeric_limits<double>::infinity() : 0;
  for (int64_t i = y.first; i < y.first + y.count && !share.stop(); ++i) {
    const numerics::AxisTaps rows = down.taps(row, i);
    for (int64_t j = x.first; j < x.first + x.count && !share.stop(); ++j) {
      const numerics::AxisTaps taps[] = {rows, across.taps(column, j)};
      if (attrs.max)
        take_larger(largest_part(src, plane, taps[0], taps[1]), largest);
      else
        sum += sample(share, src, plane, 2, taps);
    }
  }
  return attrs.max ? largest : sum / points;
}

template <class T>
Status align(const RoiAlignAttrs& attrs, const TaskArgs& args, Share& share) {
  const TensorView &src = args.inputs[0], &rois = args.inputs[1], &batches = args.inputs[2];
  const TensorView& dst = args.outputs[0];
  Strides batch_strides = zero_strides(dst.shape), roi_strides = batch_strides;
  batch_strides[0] = batches.strides[0];
  roi_strides[0] = rois.strides[0];
  Status status;
  walk<2>(
      share, dst.shape, {roi_strides, batch_strides},
      [&](int64_t index, const auto& offsets, const Position& at) {
        const int64_t batch = load_integer(batches, offsets[1]);
        if (Status found = check_roi_batch(at[0], batch, src.shape[0]); !found.is_ok())
          return share.end(), void(status = std::move(found));
        const auto corner = [&](int i) {
          return static_cast<T>(load_number(rois, offsets[0] + i * rois.strides[1]));
        };
        const numerics::RoiAxis<T> down(attrs, corner(1), corner(3), attrs.height, src.shape[2]);
        const numerics::RoiAxis<T> across(attrs, corner(0), corner(2), attrs.width, src.shape[3]);
        const int64_t plane = batch * src.strides[0] + at[1] * src.strides[1];
        store_number(dst, index, pool_bin(attrs, share, src, plane, down, across, at[2], at[3]));
      });
  return status;
}

}  // namespace

Status roi_align(const RoiAlignAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  OCTET_RETURN_IF_ERROR(check_has_elements(args.inputs[0].shape, args.outputs[0].shape));
  if (args.inputs[0].dtype == DType::kF64) return align<double>(attrs, args, share);
  return align<float>(attrs, args, share);
}

}  // namespace octet::reference
