// ScatterND and TensorScatter as task kernels. A task owns a range of bytes of the output: it
// copies src there, and takes from every update what lies in it.
#include "kernels/cpu/kernels.h"
#include "kernels/cpu/long_tail.h"
#include "kernels/cpu/movement/index.h"
#include "kernels/cpu/movement/scatter.h"

namespace octet::cpu {
namespace {

int64_t byte_count(const OperandShape& operand) {
  return operand.element_count() * static_cast<int64_t>(dtype_size(operand.dtype));
}

// Of the elements under one index of the axes before `axis`.
int64_t bytes_from(const TensorView& view, int axis) {
  auto bytes = static_cast<int64_t>(dtype_size(view.dtype));
  for (; axis < view.shape.rank(); ++axis) bytes *= view.shape[axis];
  return bytes;
}

class ScatterND final : public TaskKernel {
 public:
  ScatterND(ScatterReduction reduction, DType dtype) : loops_(scatter_loops(reduction, dtype)) {}

  // Every task reads all indices.
  int64_t task_count(const TaskShapes& shapes, int threads) const override {
    return std::min<int64_t>(tasks_for_threads(byte_count(shapes.outputs[0]), threads),
                             std::max(threads, 1));
  }

  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte*,
             KernelState*) const override {
    const TensorView &src = args.inputs[0], &indices = args.inputs[1], &updates = args.inputs[2];
    const TensorView& dst = args.outputs[0];
    const auto depth = static_cast<int>(indices.shape.back());
    const int64_t slice = bytes_from(dst, depth), bytes = bytes_from(dst, 0);
    const TaskShare own = share_of_task(bytes, task, tasks, 64);
    Heartbeat beat(args.control);
    copy_part(beat, own, 0, bytes, src.data, dst.data);
    const int64_t count = updates.element_count() == 0 ? 0 : bytes_from(updates, 0) / slice;
    for (int64_t i = 0; i < count && !beat.stop(depth + 1); ++i) {
      int64_t place = 0;
      for (int axis = 0; axis < depth; ++axis) {
        const int64_t index = load_index(indices.data, indices.dtype, i * depth + axis);
        const int64_t at = resolve_index(index, dst.shape[axis]);
        if (at < 0) return index_error(index, axis, dst.shape[axis]);
        place = place * dst.shape[axis] + at;
      }
      const int64_t begin = place * slice;
      const int64_t first = std::max(begin, own.first), last = std::min(begin + slice, own.last);
      if (first >= last) continue;
      const std::byte* from = updates.data + i * slice + (first - begin);
      in_pieces(beat, last - first, 1, [&](int64_t at, int64_t to) {
        loops_.slice(dst.data + first + at, from + at, to - at);
      });
    }
    return beat.status();
  }

 private:
  ScatterLoops loops_;
};

class TensorScatter final : public TaskKernel {
 public:
  explicit TensorScatter(const TensorScatterAttrs& attrs) : attrs_(attrs) {}

  int64_t task_count(const TaskShapes& shapes, int threads) const override {
    return tasks_for_threads(byte_count(shapes.outputs[0]), threads);
  }

  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte*,
             KernelState*) const override {
    const TensorView &src = args.inputs[0], &updates = args.inputs[1], &dst = args.outputs[0];
    const TensorView* places = optional_input(args, 2);
    const int axis = attrs_.axis;
    const int64_t extent = src.shape[axis], count = updates.shape[axis];
    const int64_t entry = bytes_from(dst, axis + 1), row = extent * entry;
    if (dst.element_count() == 0) return Status::ok();
    const int64_t rows_of_batch = bytes_from(dst, 1) / row;
    const TaskShare own = share_of_task(bytes_from(dst, 0), task, tasks, 64);
    Heartbeat beat(args.control);
    for (int64_t i = own.first / row; i * row < own.last && !beat.stop(); ++i) {
      const int64_t batch = i / rows_of_batch;
      OCTET_ASSIGN_OR_RETURN(
          const int64_t first,
          first_place(attrs_, batch, places ? places->as<const int64_t>()[batch] : 0, count,
                      extent));
      // Updates that go beyond the end stand at the beginning.
      const int64_t head = std::min(count, extent - first), tail = count - head;
      const std::byte *from = src.data + i * row, *update = updates.data + i * count * entry;
      const auto copy = [&](int64_t begin, int64_t end, const std::byte* data) {
        copy_part(beat, own, i * row + begin * entry, i * row + end * entry, data, dst.data);
      };
      copy(0, tail, update + head * entry);
      copy(tail, first, from + tail * entry);
      copy(first, first + head, update);
      copy(first + head, extent, from + (first + head) * entry);
    }
    return beat.status();
  }

 private:
  TensorScatterAttrs attrs_;
};

}  // namespace

Support accept_scatter_nd(const KernelRequest& request) {
  if (Support op = require_tail<ScatterNDAttrs>(request); !op.is_yes()) return op;
  return require_scatter_types(tail_attributes<ScatterNDAttrs>(request)->reduction, request);
}

Result<Kernel> make_scatter_nd(const KernelRequest& request) {
  return Kernel(std::make_unique<ScatterND>(tail_attributes<ScatterNDAttrs>(request)->reduction,
                                            request.outputs[0].dtype));
}

Support accept_tensor_scatter(const KernelRequest& request) {
  return require_tail<TensorScatterAttrs>(request);
}

Result<Kernel> make_tensor_scatter(const KernelRequest& request) {
  return Kernel(std::make_unique<TensorScatter>(*tail_attributes<TensorScatterAttrs>(request)));
}

}  // namespace octet::cpu
