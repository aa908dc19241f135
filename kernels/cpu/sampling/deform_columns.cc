// DeformColumns of f32 as a task kernel: blocks of outputs of one tap and group of offsets, each
// for all channels of the group.
#include "runtime/ops/deform_columns.h"
#include "kernels/cpu/kernels.h"
#include "kernels/cpu/long_tail.h"
#include "kernels/cpu/movement/loop_nest.h"
#include "kernels/cpu/sampling/sample_planes.h"
#include "kernels/cpu/sampling/sampling.h"

namespace octet::cpu {
namespace {

enum Input { kSrc, kOffsets, kMask };

class DeformColumns final : public TaskKernel {
 public:
  explicit DeformColumns(const DeformColumnsAttrs& attrs) : attrs_(attrs) {}

  int64_t task_count(const TaskShapes& shapes, int threads) const override {
    const Shape& dst = shapes.outputs[0].shape;
    return std::clamp<int64_t>(tasks_for_threads(16 * dst.element_count(), threads), 1,
                               std::max<int64_t>(unit_count(dst), 1));
  }

  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte* scratch,
             KernelState*) const override {
    const TensorView &src = args.inputs[kSrc], &dst = args.outputs[0];
    const auto spatial = src.shape.dims().subspan(2);
    int64_t plane = 1;
    for (int64_t extent : spatial) plane *= extent;
    OCTET_RETURN_IF_ERROR(check_plane(plane));
    const int64_t taps = dst.shape[2], outputs = dst.shape[3];
    const int64_t blocks = block_count(dst.shape), channels = src.shape[1] / attrs_.groups;
    TapTable table(scratch, spatial);
    const TaskShare share = share_of_task(unit_count(dst.shape), task, tasks);
    Heartbeat beat(args.control);
    for (int64_t unit = share.first; unit < share.last; ++unit) {
      const int64_t block = unit % blocks, tap = unit / blocks % taps;
      const int64_t group = unit / blocks / taps;  // of all images
      const int64_t first = block * kSamplePositions;
      const int64_t count = std::min(outputs - first, kSamplePositions);
      table.clear(int64_t{1} << attrs_.window.rank());
      if (beat.stop(count * table.taps())) break;
      for (int64_t p = 0; p < count; ++p) set_position(args, group * taps + tap, first, p, table);
      sum_taps(table,
               {.src = src.as<const float>() + group * channels * plane,
                .src_step = plane,
                .dst = dst.as<float>() + (group * channels * taps + tap) * outputs + first,
                .dst_step = taps * outputs,
                .count = channels,
                .positions = count},
               false, beat);
    }
    return beat.status();
  }

  size_t scratch_bytes(const TaskShapes&) const override { return TapTable::kBytes; }

 private:
  static int64_t block_count(const Shape& dst) {
    return (dst[3] + kSamplePositions - 1) / kSamplePositions;
  }
  int64_t unit_count(const Shape& dst) const {
    return dst[0] * attrs_.groups * dst[2] * block_count(dst);
  }

  // The taps of output `first` + `p`. `channel`: of the mask, the tap's and its group's.
  void set_position(const TaskArgs& args, int64_t channel, int64_t first, int64_t p,
                    TapTable& table) const {
    const TensorView &src = args.inputs[kSrc], &offsets = args.inputs[kOffsets];
    const Window& window = attrs_.window;
    const auto axes = static_cast<int>(window.rank());
    const int64_t outputs = args.outputs[0].shape[3], taps = args.outputs[0].shape[2];
    std::array<numerics::AxisTaps, kMaxRank> found;
    int64_t output = first + p, tap = channel % taps;
    for (int axis = axes - 1; axis >= 0; --axis) {
      const auto i = static_cast<size_t>(axis);
      const int64_t count = offsets.shape[axis + 2];
      const int64_t place = output % count * window.strides[i] - window.begins[i] +
                            tap % window.kernel[i] * window.dilations[i];
      const float offset = offsets.as<const float>()[(channel * axes + axis) * outputs + first + p];
      found[i] = numerics::linear_taps(static_cast<double>(place) + static_cast<double>(offset),
                                       src.shape[axis + 2]);
      output /= count;
      tap /= window.kernel[i];
    }
    const TensorView* mask = optional_input(args, kMask);
    const double weight =
        mask == nullptr
            ? 1
            : static_cast<double>(mask->as<const float>()[channel * outputs + first + p]);
    table.set(p, 0, std::span(found.data(), window.rank()), weight);
  }

  DeformColumnsAttrs attrs_;
};

}  // namespace

Support accept_deform_columns(const KernelRequest& request) {
  if (Support op = require_tail<DeformColumnsAttrs>(request); !op.is_yes()) return op;
  return require_type(request, DType::kF32);
}

Result<Kernel> make_deform_columns(const KernelRequest& request) {
  return Kernel(std::make_unique<DeformColumns>(*tail_attributes<DeformColumnsAttrs>(request)));
}

}  // namespace octet::cpu
