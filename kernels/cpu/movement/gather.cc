// Gather along any axis as a task kernel: one copy per outer index and index, or a part of one.
#include <cstring>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/movement/index.h"
#include "kernels/cpu/movement/loop_nest.h"

namespace octet::cpu {
namespace {

class Gather final : public TaskKernel {
 public:
  explicit Gather(int axis) : axis_(axis) {}

  int64_t task_count(const TaskShapes& shapes, int threads) const override {
    const OperandShape& dst = shapes.outputs[0];
    return choose_task_count(dst.element_count() * static_cast<int64_t>(dtype_size(dst.dtype)),
                             threads);
  }

  // A task writes a range of bytes of the output, wherever that begins and ends in the pieces.
  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte*,
             KernelState*) const override {
    const TensorView &src = args.inputs[0], &indices = args.inputs[1], &dst = args.outputs[0];
    int64_t outer = 1, piece = static_cast<int64_t>(dtype_size(src.dtype));
    for (int axis = 0; axis < axis_; ++axis) outer *= src.shape[axis];
    for (int axis = axis_ + 1; axis < src.shape.rank(); ++axis) piece *= src.shape[axis];
    const int64_t extent = src.shape[axis_], count = indices.element_count();
    if (outer * count * piece == 0) return Status::ok();
    const TaskShare share = share_of_task(outer * count * piece, task, tasks, 64);
    int64_t at = share.first;
    for (int64_t i = at / piece; at < share.last; ++i) {
      const int64_t begin = at - i * piece;
      const int64_t length = std::min(piece - begin, share.last - at);
      const int64_t index = load_index(indices.data, indices.dtype, i % count);
      const int64_t position = resolve_index(index, extent);
      if (position < 0) return index_error(index, axis_, extent);
      std::memcpy(dst.data + at, src.data + (i / count * extent + position) * piece + begin,
                  static_cast<size_t>(length));
      at += length;
    }
    return Status::ok();
  }

 private:
  int axis_;
};

}  // namespace

Support accept_gather(const KernelRequest&) { return Support::yes(); }

Result<Kernel> make_gather(const KernelRequest& request) {
  return Kernel(std::make_unique<Gather>(attributes_of<GatherAttrs>(request).axis));
}

}  // namespace octet::cpu
