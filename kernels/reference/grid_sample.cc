// Reference of GridSample.
#include "runtime/ops/grid_sample.h"

#include "kernels/numerics/grid_taps.h"
#include "kernels/reference/sample.h"
#include "kernels/reference/strided.h"
#include "runtime/ops/sampling.h"

namespace octet::reference {
namespace {

double position(const GridSampleAttrs& attrs, const TensorView& grid, int64_t offset,
                int64_t extent) {
  const double coordinate = load_number(grid, offset);
  if (grid.dtype == DType::kF64) return numerics::grid_position(attrs, coordinate, extent);
  return static_cast<double>(
      numerics::grid_position(attrs, static_cast<float>(coordinate), extent));
}

// The only element of each axis.
void copy_nearest(const TensorView& src, int64_t offset, std::span<const numerics::AxisTaps> taps,
                  const TensorView& dst, int64_t to) {
  for (size_t axis = 0; axis < taps.size(); ++axis) {
    if (taps[axis].index[0] < 0)
      return std::memset(element(dst, to), 0, dtype_size(dst.dtype)), void();
    offset += taps[axis].index[0] * src.strides[static_cast<int>(axis) + 2];
  }
  std::memcpy(element(dst, to), element(src, offset), dtype_size(dst.dtype));
}

}  // namespace

Status grid_sample(const GridSampleAttrs& attrs, const TaskArgs& args, Share& share, std::byte*) {
  const TensorView &src = args.inputs[0], &grid = args.inputs[1], &dst = args.outputs[0];
  OCTET_RETURN_IF_ERROR(check_has_elements(src.shape, dst.shape));
  const int axes = src.shape.rank() - 2;
  Strides grid_strides = zero_strides(dst.shape);
  grid_strides[0] = grid.strides[0];
  for (int axis = 0; axis < axes; ++axis) grid_strides[axis + 2] = grid.strides[axis + 1];
  std::array<numerics::AxisTaps, kMaxRank> taps;
  const std::span own(taps.data(), static_cast<size_t>(axes));
  walk<1>(share, dst.shape, {grid_strides},
          [&](int64_t index, const auto& offsets, const Position& at) {
            for (int axis = 0; axis < axes; ++axis) {
              const int64_t from = offsets[0] + (axes - 1 - axis) * grid.strides[axes + 1];
              const int64_t extent = src.shape[axis + 2];
              own[static_cast<size_t>(axis)] =
                  numerics::grid_taps(attrs, position(attrs, grid, from, extent), extent);
            }
            const int64_t plane = at[0] * src.strides[0] + at[1] * src.strides[1];
            if (attrs.mode == GridMode::kNearest)
              copy_nearest(src, plane, own, dst, index);
            else
              store_number(dst, index, sample(share, src, plane, 2, own));
          });
  return Status::ok();
}

}  // namespace octet::reference
