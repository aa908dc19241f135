// GridSample of f32 as a task kernel: blocks of positions, each for all channels.
#include <cmath>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/long_tail.h"
#include "kernels/cpu/movement/loop_nest.h"
#include "kernels/cpu/sampling/sample_planes.h"
#include "kernels/cpu/sampling/sampling.h"
#include "kernels/numerics/grid_taps.h"
#include "runtime/ops/sampling.h"

namespace octet::cpu {
namespace {

int64_t tap_count(GridMode mode, int axes) {
  int64_t count = 1;
  for (int axis = 0; axis < axes; ++axis) count *= taps_per_axis(mode);
  return count;
}

int64_t spatial_elements(const Shape& shape) {
  int64_t count = 1;
  for (int64_t extent : shape.dims().subspan(2)) count *= extent;
  return count;
}

class GridSample final : public TaskKernel {
 public:
  explicit GridSample(const GridSampleAttrs& attrs) : attrs_(attrs) {}

  int64_t task_count(const TaskShapes& shapes, int threads) const override {
    const Shape& dst = shapes.outputs[0].shape;
    const int64_t taps = tap_count(attrs_.mode, dst.rank() - 2);
    const int64_t units = dst[0] * block_count(dst);
    // A tap counts as a float.
    return std::clamp<int64_t>(tasks_for_threads(4 * dst.element_count() * taps, threads), 1,
                               std::max<int64_t>(units, 1));
  }

  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte* scratch,
             KernelState*) const override {
    const TensorView &src = args.inputs[0], &grid = args.inputs[1], &dst = args.outputs[0];
    OCTET_RETURN_IF_ERROR(check_has_elements(src.shape, dst.shape));
    const int64_t plane = spatial_elements(src.shape), positions = spatial_elements(dst.shape);
    OCTET_RETURN_IF_ERROR(check_plane(plane));
    const int64_t channels = src.shape[1], blocks = block_count(dst.shape);
    const auto axes = static_cast<size_t>(src.shape.rank() - 2);
    const auto spatial = src.shape.dims().subspan(2);
    TapTable table(scratch, spatial);
    const TaskShare share = share_of_task(dst.shape[0] * blocks, task, tasks);
    Heartbeat beat(args.control);
    for (int64_t unit = share.first; unit < share.last; ++unit) {
      const int64_t image = unit / blocks, first = unit % blocks * kSamplePositions;
      const int64_t count = std::min(positions - first, kSamplePositions);
      table.clear(tap_count(attrs_.mode, src.shape.rank() - 2));
      if (beat.stop(count * table.taps())) break;
      const float* coordinates =
          grid.as<const float>() + (image * positions + first) * static_cast<int64_t>(axes);
      if (has_linear_positions(attrs_, spatial))
        set_linear_positions(attrs_, coordinates, count, spatial[0], spatial[1], table);
      else
        set_positions(coordinates, count, spatial, table);
      sum_taps(table,
               {.src = src.as<const float>() + image * channels * plane,
                .src_step = plane,
                .dst = dst.as<float>() + image * channels * positions + first,
                .dst_step = positions,
                .count = channels,
                .positions = count},
               false, beat);
    }
    return beat.status();
  }

  size_t scratch_bytes(const TaskShapes&) const override { return TapTable::kBytes; }

 private:
  void set_positions(const float* coordinates, int64_t count, std::span<const int64_t> spatial,
                     TapTable& table) const {
    const size_t axes = spatial.size();
    for (int64_t p = 0; p < count; ++p, coordinates += axes) {
      std::array<numerics::AxisTaps, kMaxRank> taps;
      for (size_t axis = 0; axis < axes; ++axis) {
        const float at =
            numerics::grid_position(attrs_, coordinates[axes - 1 - axis], spatial[axis]);
        taps[axis] = numerics::grid_taps(attrs_, static_cast<double>(at), spatial[axis]);
      }
      table.set(p, 0, std::span(taps.data(), axes));
    }
  }

  static int64_t block_count(const Shape& dst) {
    return (spatial_elements(dst) + kSamplePositions - 1) / kSamplePositions;
  }

  GridSampleAttrs attrs_;
};

}  // namespace

Support accept_grid_sample(const KernelRequest& request) {
  if (Support op = require_tail<GridSampleAttrs>(request); !op.is_yes()) return op;
  if (Support type = require_type(request, DType::kF32); !type.is_yes()) return type;
  const int axes = request.inputs[0]->rank() - 2;
  const int64_t taps = tap_count(tail_attributes<GridSampleAttrs>(request)->mode, axes);
  if (taps > kSampleTaps) return Support::no("too many elements make up a sample", taps);
  return Support::yes();
}

Result<Kernel> make_grid_sample(const KernelRequest& request) {
  return Kernel(std::make_unique<GridSample>(*tail_attributes<GridSampleAttrs>(request)));
}

}  // namespace octet::cpu
