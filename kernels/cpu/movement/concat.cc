// Concat as a task kernel: a sequence of contiguous pieces, one per input and outer index.
#include <cstring>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/movement/loop_nest.h"

namespace octet::cpu {
namespace {

class Concat final : public TaskKernel {
 public:
  explicit Concat(int axis) : axis_(axis) {}

  int64_t task_count(const TaskShapes& shapes, int threads) const override {
    const OperandShape& dst = shapes.outputs[0];
    return choose_task_count(dst.element_count() * static_cast<int64_t>(dtype_size(dst.dtype)),
                             threads);
  }

  // A task writes a range of bytes of the output, wherever that begins and ends in the pieces.
  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte*,
             KernelState*) const override {
    const TensorView& dst = args.outputs[0];
    const int64_t row_bytes = bytes_from_axis(dst);
    if (dst.element_count() == 0) return Status::ok();
    const TaskShare share = share_of_task(
        dst.element_count() * static_cast<int64_t>(dtype_size(dst.dtype)), task, tasks, 64);
    const auto inputs = static_cast<int64_t>(args.inputs.size());
    Heartbeat beat(args.control);  // rows may be short and inputs many
    int64_t at = share.first;
    while (at < share.last && !beat.stop(inputs)) {
      const int64_t row = at / row_bytes;
      int64_t start = row * row_bytes;  // of the current piece in dst
      for (const TensorView& src : args.inputs) {
        const int64_t piece = bytes_from_axis(src), end = start + piece;
        const int64_t stop = std::min(end, share.last);
        if (at < stop) {
          std::memcpy(dst.data + at, src.data + row * piece + (at - start),
                      static_cast<size_t>(stop - at));
          at = stop;
        }
        start = end;
      }
    }
    return beat.status();
  }

 private:
  // Of the elements under one index of the axes before axis_.
  int64_t bytes_from_axis(const TensorView& view) const {
    auto bytes = static_cast<int64_t>(dtype_size(view.dtype));
    for (int axis = axis_; axis < view.shape.rank(); ++axis) bytes *= view.shape[axis];
    return bytes;
  }

  int axis_;
};

}  // namespace

Support accept_concat(const KernelRequest&) { return Support::yes(); }

Result<Kernel> make_concat(const KernelRequest& request) {
  return Kernel(std::make_unique<Concat>(attributes_of<ConcatAttrs>(request).axis));
}

}  // namespace octet::cpu
