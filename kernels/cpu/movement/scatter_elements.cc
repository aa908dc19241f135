// ScatterElements as a task kernel: a copy, and then runs of updates. Tasks share out the axis
// besides the scatter's that is longest, so that no two of them write one element.
#include <cstring>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/long_tail.h"
#include "kernels/cpu/movement/index.h"
#include "kernels/cpu/movement/scatter.h"

namespace octet::cpu {
namespace {

enum Input { kSrc, kIndices, kUpdates };

class ScatterElements final : public TaskKernel {
 public:
  ScatterElements(const ScatterElementsAttrs& attrs, DType dtype)
      : axis_(attrs.axis),
        size_(static_cast<int64_t>(dtype_size(dtype))),
        loops_(scatter_loops(attrs.reduction, dtype)) {}

  void plan_phases(const TaskShapes& shapes, int threads,
                   std::vector<int64_t>& tasks) const override {
    tasks.push_back(choose_task_count(shapes.outputs[0].element_count() * size_, threads));
    tasks.push_back(task_count(shapes, threads));
  }
  // Of the updates. Where a task's part lies inside of the axis it reads some of every row: then
  // few tasks do best.
  int64_t task_count(const TaskShapes& shapes, int threads) const override {
    const Shape& updates = shapes.inputs[kUpdates].shape;
    const int axis = shared_axis(updates);
    if (axis < 0 || updates.element_count() == 0) return 1;
    const int64_t units = (updates[axis] + unit(updates, axis) - 1) / unit(updates, axis);
    const int64_t tasks = tasks_for_threads(updates.element_count() * (size_ + 8), threads);
    return std::min(units, axis < axis_ ? tasks : std::min<int64_t>(tasks, threads));
  }

  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte*,
             KernelState*) const override {
    const TensorView &src = args.inputs[kSrc], &dst = args.outputs[0];
    if (args.phase == 0) {
      const TaskShare share = share_of_task(dst.element_count() * size_, task, tasks, 64);
      if (share.first < share.last)
        std::memcpy(dst.data + share.first, src.data + share.first,
                    static_cast<size_t>(share.last - share.first));
      return Status::ok();
    }
    TensorView updates = args.inputs[kUpdates], indices = args.inputs[kIndices], places = dst;
    places.shape = updates.shape;
    places.strides[axis_] = 0;
    if (const int axis = shared_axis(updates.shape); axis >= 0) {
      const TaskShare share =
          share_of_task(updates.shape[axis], task, tasks, unit(updates.shape, axis));
      for (TensorView* view : {&updates, &indices, &places}) cut(*view, axis, share);
    }
    const TensorView inputs[] = {indices, places};
    return scatter(make_loop_nest(updates, inputs), indices.dtype, dst, args.control);
  }

  bool accepts_strides(int index) const override { return index != kSrc; }

 private:
  // The longest axis but the scatter's, the first of equal ones; -1 where there is none to share.
  int shared_axis(const Shape& shape) const {
    int found = -1;
    for (int axis = 0; axis < shape.rank(); ++axis)
      if (axis != axis_ && shape[axis] > (found < 0 ? 1 : shape[found])) found = axis;
    return found;
  }
  // Neighbouring elements that one task takes, so that two do not write one cache line in turns.
  int64_t unit(const Shape& shape, int axis) const {
    return axis == shape.rank() - 1 ? 64 / size_ : 1;
  }

  static void cut(TensorView& view, int axis, const TaskShare& share) {
    view.data += share.first * view.strides[axis] * static_cast<int64_t>(dtype_size(view.dtype));
    view.shape[axis] = share.last - share.first;
  }

  Status scatter(const LoopNest& nest, DType index_type, const TensorView& dst,
                 const RunControl* control) const {
    const int64_t extent = dst.shape[axis_], extent_step = dst.strides[axis_] * size_;
    std::optional<int64_t> bad;
    Heartbeat beat(control);
    in_pieces(beat, nest.elements, 1, [&](int64_t first, int64_t last) {
      for_each_run(nest, first, last, [&](const RunPointers& pointers, int64_t count) {
        if (bad) return;
        bad = loops_.run({.dst = pointers[2],
                          .updates = pointers[0],
                          .indices = pointers[1],
                          .dst_step = nest.step(2),
                          .update_step = nest.step(0),
                          .index_step = nest.step(1),
                          .count = count,
                          .index_type = index_type,
                          .extent = extent,
                          .extent_step = extent_step});
        if (bad) beat.end();
      });
    });
    return bad ? index_error(*bad, axis_, extent) : beat.status();
  }

  int axis_;
  int64_t size_;
  ScatterLoops loops_;
};

}  // namespace

Support accept_scatter_elements(const KernelRequest& request) {
  if (Support op = require_tail<ScatterElementsAttrs>(request); !op.is_yes()) return op;
  return require_scatter_types(tail_attributes<ScatterElementsAttrs>(request)->reduction, request);
}

Result<Kernel> make_scatter_elements(const KernelRequest& request) {
  return Kernel(std::make_unique<ScatterElements>(*tail_attributes<ScatterElementsAttrs>(request),
                                                  request.outputs[0].dtype));
}

}  // namespace octet::cpu
