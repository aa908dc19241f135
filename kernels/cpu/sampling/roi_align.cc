// RoiAlign of f32 as a task kernel: blocks of a region's bins, each for all channels.
#include <algorithm>
#include <limits>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/long_tail.h"
#include "kernels/cpu/movement/loop_nest.h"
#include "kernels/cpu/sampling/sample_planes.h"
#include "kernels/cpu/sampling/sampling.h"
#include "kernels/numerics/roi_axis.h"
#include "runtime/ops/sampling.h"

namespace octet::cpu {
namespace {

using RoiAxis = numerics::RoiAxis<float>;
constexpr int64_t kPointTaps = 4;
constexpr int64_t kTablePoints = kSampleTaps / kPointTaps;

class RoiAlign final : public TaskKernel {
 public:
  explicit RoiAlign(const RoiAlignAttrs& attrs) : attrs_(attrs) {}

  int64_t task_count(const TaskShapes& shapes, int threads) const override {
    const Shape& dst = shapes.outputs[0].shape;
    constexpr int64_t kPointBytes = 64;  // that a bin may well be worth
    return std::clamp<int64_t>(tasks_for_threads(kPointBytes * dst.element_count(), threads), 1,
                               std::max<int64_t>(dst[0] * block_count(dst), 1));
  }

  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte* scratch,
             KernelState*) const override {
    const TensorView &src = args.inputs[0], &rois = args.inputs[1], &dst = args.outputs[0];
    OCTET_RETURN_IF_ERROR(check_has_elements(src.shape, dst.shape));
    const int64_t plane = src.shape[2] * src.shape[3], bins = attrs_.height * attrs_.width;
    OCTET_RETURN_IF_ERROR(check_plane(plane));
    const int64_t channels = src.shape[1], blocks = block_count(dst.shape);
    TapTable table(scratch, src.shape.dims().subspan(2));
    const TaskShare share = share_of_task(dst.shape[0] * blocks, task, tasks);
    Heartbeat beat(args.control);
    for (int64_t unit = share.first; unit < share.last && !beat.stop(); ++unit) {
      const int64_t roi = unit / blocks, first = unit % blocks * kSamplePositions;
      const int64_t batch = args.inputs[2].as<const int64_t>()[roi];
      OCTET_RETURN_IF_ERROR(check_roi_batch(roi, batch, src.shape[0]));
      const float* corners = rois.as<const float>() + 4 * roi;
      const RoiAxis down(attrs_, corners[1], corners[3], attrs_.height, src.shape[2]);
      const RoiAxis across(attrs_, corners[0], corners[2], attrs_.width, src.shape[3]);
      pool(table, down, across, first,
           {.src = src.as<const float>() + batch * channels * plane,
            .src_step = plane,
            .dst = dst.as<float>() + roi * channels * bins + first,
            .dst_step = bins,
            .count = channels,
            .positions = std::min(bins - first, kSamplePositions)},
           beat);
    }
    return beat.status();
  }

  size_t scratch_bytes(const TaskShapes&) const override { return TapTable::kBytes; }

 private:
  int64_t block_count(const Shape& dst) const {
    return (dst[2] * dst[3] + kSamplePositions - 1) / kSamplePositions;
  }

  // The points of a bin that may lie inside of the picture.
  struct Points {
    RoiAxis::Range rows, columns;
    int64_t count() const { return rows.count * columns.count; }
  };
  Points points_of(const RoiAxis& down, const RoiAxis& across, int64_t bin) const {
    return {down.points_inside(bin / attrs_.width), across.points_inside(bin % attrs_.width)};
  }

  // The bins from `first` on.
  void pool(TapTable& table, const RoiAxis& down, const RoiAxis& across, int64_t first,
            const SampledPlanes& planes, Heartbeat& beat) const {
    if (!down.is_valid() || !across.is_valid()) {
      for (int64_t c = 0; c < planes.count && !beat.stop(planes.positions); ++c)
        std::fill_n(planes.dst + c * planes.dst_step, planes.positions,
                    std::numeric_limits<float>::quiet_NaN());
      return;
    }
    const double all =
        static_cast<double>(down.point_count()) * static_cast<double>(across.point_count());
    int64_t most = 0;
    for (int64_t p = 0; p < planes.positions; ++p)
      most = std::max(most, points_of(down, across, first + p).count());
    // Bins that have fewer points than others of the region have some outside, which are zeros.
    if (attrs_.max && static_cast<double>(most) < all) ++most;
    table.clear(0);
    if (most == 0) sum_taps(table, planes, false, beat);
    for (int64_t point = 0; point < most; point += kTablePoints) {
      const int64_t points = std::min(most - point, kTablePoints);
      if (beat.stop(planes.positions * points * kPointTaps)) return;
      table.clear(points * kPointTaps);
      for (int64_t p = 0; p < planes.positions; ++p)
        set_points(table, down, across, first + p, p, point, points, attrs_.max ? 1 : 1 / all);
      (attrs_.max ? largest_taps : sum_taps)(table, planes, point > 0, beat);
    }
  }

  // Of the points of a bin, `count` from `begin` on.
  void set_points(TapTable& table, const RoiAxis& down, const RoiAxis& across, int64_t bin,
                  int64_t position, int64_t begin, int64_t count, double weight) const {
    const Points points = points_of(down, across, bin);
    const int64_t end = std::min(begin + count, points.count());
    for (int64_t i = begin; i < end; ++i) {
      const numerics::AxisTaps taps[] = {
          down.taps(bin / attrs_.width, points.rows.first + i / points.columns.count),
          across.taps(bin % attrs_.width, points.columns.first + i % points.columns.count)};
      table.set(position, (i - begin) * kPointTaps, taps, weight);
    }
  }

  RoiAlignAttrs attrs_;
};

}  // namespace

Support accept_roi_align(const KernelRequest& request) {
  if (Support op = require_tail<RoiAlignAttrs>(request); !op.is_yes()) return op;
  if (request.inputs[0]->dtype != DType::kF32) return Support::no("it is not f32");
  return Support::yes();
}

Result<Kernel> make_roi_align(const KernelRequest& request) {
  return Kernel(std::make_unique<RoiAlign>(*tail_attributes<RoiAlignAttrs>(request)));
}

}  // namespace octet::cpu
