// Linear and cubic Resize of planes in f32 as a task kernel over their rows: each is first a sum of
// rows of src, then one over its elements.
#include <cstring>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/movement/loop_nest.h"
#include "kernels/cpu/sampling/resize.h"
#include "kernels/numerics/resize_axis.h"
#include "runtime/ops/sampling.h"

namespace octet::cpu {
namespace {

using numerics::ResizeAxis;

// Parts of the scratch memory, each aligned to 64.
size_t part(int64_t count, size_t size) {
  return (static_cast<size_t>(count) * size + 63) / 64 * 64;
}

class ResizePlanes final : public TaskKernel {
 public:
  explicit ResizePlanes(const ResizeAttrs& attrs) : attrs_(attrs) {}

  int64_t task_count(const TaskShapes& shapes, int threads) const override {
    const Shape& dst = shapes.outputs[0].shape;
    if (dst.element_count() == 0) return 1;
    return std::min(tasks_for_threads(16 * dst.element_count(), threads),
                    dst.element_count() / dst.back());
  }

  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte* scratch,
             KernelState*) const override {
    const TensorView &src = args.inputs[0], &dst = args.outputs[0];
    OCTET_RETURN_IF_ERROR(check_has_elements(src.shape, dst.shape));
    if (dst.element_count() == 0) return Status::ok();
    const Plane plane(attrs_, src.shape, dst.shape);
    const Memory memory(plane, scratch);
    Heartbeat beat(args.control);
    find_columns(plane, memory, beat);
    const int64_t src_plane = plane.src_height * plane.src_width;
    const TaskShare share = share_of_task(dst.element_count() / plane.dst_width, task, tasks);
    for (int64_t i = share.first; i < share.last && !beat.stop(); ++i) {
      const float* from = src.as<const float>() + i / plane.dst_height * src_plane;
      float* to = dst.as<float>() + i * plane.dst_width;
      const float* row = sum_rows(plane, from, i % plane.dst_height, memory,
                                  plane.across.is_unchanged() ? to : memory.row, beat);
      if (!plane.across.is_unchanged())
        sum_columns(plane, row, memory, to, beat);
      else if (row != to)
        copy(row, plane.dst_width, to, beat);
    }
    return beat.status();
  }

  size_t scratch_bytes(const TaskShapes& shapes) const override {
    return Memory::bytes(Plane(attrs_, shapes.inputs[0].shape, shapes.outputs[0].shape));
  }

 private:
  // The last two axes; a line is a plane of height 1.
  struct Plane {
    Plane(const ResizeAttrs& attrs, const Shape& src, const Shape& dst)
        : src_height(height(src)),
          src_width(src.back()),
          dst_height(height(dst)),
          dst_width(dst.back()),
          across(attrs, src.rank() - 1, src, dst) {
      if (src.rank() > 1) down.emplace(attrs, src.rank() - 2, src, dst);
    }
    static int64_t height(const Shape& shape) {
      return shape.rank() > 1 ? shape[shape.rank() - 2] : 1;
    }
    int64_t row_taps() const { return down ? down->most_taps() : 1; }

    int64_t src_height, src_width, dst_height, dst_width;
    ResizeAxis across;
    std::optional<ResizeAxis> down;
  };

  // The scratch memory of a task.
  struct Memory {
    double* weights;         // of one element or row
    ResizeAxis::Taps* taps;  // of each element of a row, and
    float* column_weights;   // its weights
    float* row;              // a sum of rows of src

    Memory(const Plane& plane, std::byte* scratch)
        : weights(reinterpret_cast<double*>(scratch)),
          taps(reinterpret_cast<ResizeAxis::Taps*>(scratch + weight_bytes(plane))),
          column_weights(reinterpret_cast<float*>(reinterpret_cast<std::byte*>(taps) +
                                                  part(plane.dst_width, sizeof *taps))),
          row(reinterpret_cast<float*>(reinterpret_cast<std::byte*>(column_weights) +
                                       column_bytes(plane))) {}
    static size_t weight_bytes(const Plane& plane) {
      return part(std::max(plane.row_taps(), plane.across.most_taps()), sizeof(double));
    }
    static size_t column_bytes(const Plane& plane) {
      return part(plane.dst_width * plane.across.most_taps(), sizeof(float));
    }
    static size_t bytes(const Plane& plane) {
      return weight_bytes(plane) + part(plane.dst_width, sizeof(ResizeAxis::Taps)) +
             column_bytes(plane) + part(plane.src_width, sizeof(float));
    }
  };

  static void find_columns(const Plane& plane, const Memory& memory, Heartbeat& beat) {
    const int64_t most = plane.across.most_taps();
    for (int64_t x = 0; x < plane.dst_width && !beat.stop(4 + most); ++x) {
      const ResizeAxis::Taps taps = memory.taps[x] = plane.across.find(x, memory.weights, beat);
      for (int64_t i = 0; i < taps.count; ++i)
        memory.column_weights[x * most + i] = static_cast<float>(memory.weights[i]);
    }
  }

  // Row y of a plane of dst, as wide as those of src: in `sum`, or where it lies in src.
  static const float* sum_rows(const Plane& plane, const float* src, int64_t y,
                               const Memory& memory, float* sum, Heartbeat& beat) {
    if (!plane.down || plane.down->is_unchanged()) return src + y * plane.src_width;
    const ResizeAxis::Taps taps = plane.down->find(y, memory.weights, beat);
    const float* first = src + taps.first * plane.src_width;
    in_pieces(beat, plane.src_width, taps.count, [&](int64_t begin, int64_t end) {
      for (int64_t x = begin; x < end; ++x) sum[x] = 0;
      for (int64_t i = 0; i < taps.count; ++i) {
        const auto weight = static_cast<float>(memory.weights[i]);
        const float* row = first + i * plane.src_width;
        for (int64_t x = begin; x < end; ++x) sum[x] += weight * row[x];
      }
    });
    return sum;
  }

  static void sum_columns(const Plane& plane, const float* row, const Memory& memory, float* dst,
                          Heartbeat& beat) {
    const int64_t most = plane.across.most_taps();
    in_pieces(beat, plane.dst_width, most, [&](int64_t begin, int64_t end) {
      for (int64_t x = begin; x < end; ++x) {
        const ResizeAxis::Taps& taps = memory.taps[x];
        const float *weights = memory.column_weights + x * most, *from = row + taps.first;
        float sum = 0;
        for (int64_t i = 0; i < taps.count; ++i) sum += weights[i] * from[i];
        dst[x] = sum;
      }
    });
  }

  static void copy(const float* row, int64_t count, float* dst, Heartbeat& beat) {
    in_pieces(beat, count, 1, [&](int64_t begin, int64_t end) {
      std::memcpy(dst + begin, row + begin, sizeof(float) * static_cast<size_t>(end - begin));
    });
  }

  ResizeAttrs attrs_;
};

}  // namespace

Support accept_resize_planes(const KernelRequest& request) {
  if (Support type = require_type(request, DType::kF32); !type.is_yes()) return type;
  const auto& attrs = attributes_of<ResizeAttrs>(request);
  if (attrs.mode == ResizeMode::kNearest) return Support::no("it is to the nearest element");
  if (!attrs.region.empty()) return Support::no("it is of a region");
  if (attrs.shape.empty()) return Support::no("it is of a scalar");
  const SymbolicShape& src = request.inputs[0]->shape;
  for (size_t axis = 0; axis + 2 < src.size(); ++axis) {
    const bool keeps_scale = attrs.scales[axis] == 0 || attrs.scales[axis] == 1;
    const bool keeps_size = attrs.aspect == ResizeAspect::kStretch || attrs.sizes[axis] == 0;
    if (!(src[axis] == attrs.shape[axis]) || !keeps_scale || !keeps_size)
      return Support::no("it changes more than the last two axes");
  }
  return Support::yes();
}

Result<Kernel> make_resize_planes(const KernelRequest& request) {
  return Kernel(std::make_unique<ResizePlanes>(attributes_of<ResizeAttrs>(request)));
}

}  // namespace octet::cpu
