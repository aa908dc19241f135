// Resize to the nearest elements as a task kernel over rows.
#include <cstring>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/movement/loop_nest.h"
#include "kernels/cpu/sampling/resize.h"
#include "kernels/numerics/resize_axis.h"
#include "runtime/ops/sampling.h"

namespace octet::cpu {
namespace {

using numerics::ResizeAxis;

template <class T>
void copy_places(const std::byte* src, const int64_t* places, int64_t count, std::byte* dst) {
  for (int64_t i = 0; i < count; ++i)
    reinterpret_cast<T*>(dst)[i] = reinterpret_cast<const T*>(src)[places[i]];
}

class ResizeNearest final : public TaskKernel {
 public:
  explicit ResizeNearest(const ResizeAttrs& attrs) : attrs_(attrs) {}

  int64_t task_count(const TaskShapes& shapes, int threads) const override {
    const OperandShape& dst = shapes.outputs[0];
    const auto bytes = dst.element_count() * static_cast<int64_t>(dtype_size(dst.dtype));
    return std::clamp<int64_t>(tasks_for_threads(2 * bytes, threads), 1,
                               std::max<int64_t>(row_count(dst.shape), 1));
  }

  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte* scratch,
             KernelState*) const override {
    const TensorView &src = args.inputs[0], &dst = args.outputs[0];
    OCTET_RETURN_IF_ERROR(check_has_elements(src.shape, dst.shape));
    if (dst.element_count() == 0) return Status::ok();
    Heartbeat beat(args.control);
    auto* places = reinterpret_cast<int64_t*>(scratch);
    const bool copies = find_places(src.shape, dst.shape, places, beat);
    const auto size = static_cast<int64_t>(dtype_size(src.dtype));
    const int64_t src_row = src.shape.back() * size, dst_row = dst.shape.back() * size;
    const TaskShare share = share_of_task(row_count(dst.shape), task, tasks);
    int64_t known = -1;  // the row of src that the row before this one of dst was made of
    for (int64_t row = share.first; row < share.last && !beat.stop(); ++row) {
      const int64_t from = source_row(row, src.shape, dst.shape, beat);
      std::byte* to = dst.data + row * dst_row;
      const std::byte* line = src.data + from * src_row;
      if (from == known) line = to - dst_row;
      in_pieces(beat, dst.shape.back(), 1, [&](int64_t first, int64_t last) {
        if (copies || from == known)
          std::memcpy(to + first * size, line + first * size,
                      static_cast<size_t>((last - first) * size));
        else
          copy_row(size, line, places + first, last - first, to + first * size);
      });
      known = from;
    }
    return beat.status();
  }

  size_t scratch_bytes(const TaskShapes& shapes) const override {
    return sizeof(int64_t) * static_cast<size_t>(shapes.outputs[0].shape.back());
  }

 private:
  static int64_t row_count(const Shape& dst) {
    int64_t rows = 1;
    for (int axis = 0; axis + 1 < dst.rank(); ++axis) rows *= dst[axis];
    return rows;
  }

  // Of each element of a row; gives whether a row is one of src.
  bool find_places(const Shape& src, const Shape& dst, int64_t* places, Heartbeat& beat) const {
    const ResizeAxis axis(attrs_, dst.rank() - 1, src, dst);
    if (axis.is_unchanged()) return true;
    double weight;
    for (int64_t x = 0; x < dst.back() && !beat.stop(4); ++x)
      places[x] = axis.find(x, &weight, beat).first;
    return false;
  }

  int64_t source_row(int64_t row, const Shape& src, const Shape& dst, Heartbeat& beat) const {
    int64_t from = 0, step = 1;
    double weight;
    for (int axis = dst.rank() - 2; axis >= 0; --axis) {
      from += step * ResizeAxis(attrs_, axis, src, dst).find(row % dst[axis], &weight, beat).first;
      row /= dst[axis];
      step *= src[axis];
    }
    return from;
  }

  static void copy_row(int64_t size, const std::byte* src, const int64_t* places, int64_t count,
                       std::byte* dst) {
    switch (size) {
      case 1:
        return copy_places<uint8_t>(src, places, count, dst);
      case 2:
        return copy_places<uint16_t>(src, places, count, dst);
      case 4:
        return copy_places<uint32_t>(src, places, count, dst);
      default:
        return copy_places<uint64_t>(src, places, count, dst);
    }
  }

  ResizeAttrs attrs_;
};

}  // namespace

Support accept_resize_nearest(const KernelRequest& request) {
  const auto& attrs = attributes_of<ResizeAttrs>(request);
  if (attrs.mode != ResizeMode::kNearest) return Support::no("it is not to the nearest element");
  if (!attrs.region.empty()) return Support::no("it is of a region");
  if (attrs.shape.empty()) return Support::no("it is of a scalar");
  return Support::yes();
}

Result<Kernel> make_resize_nearest(const KernelRequest& request) {
  return Kernel(std::make_unique<ResizeNearest>(attributes_of<ResizeAttrs>(request)));
}

}  // namespace octet::cpu
