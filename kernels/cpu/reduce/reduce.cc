// Reductions over neighbouring axes as a task kernel.
#include "kernels/cpu/kernels.h"
#include "kernels/cpu/movement/loop_nest.h"
#include "kernels/cpu/reduce/reduce_loops.h"

namespace octet::cpu {
namespace {

class Reduce final : public TaskKernel {
 public:
  Reduce(ReduceAttrs attrs, ReduceLoop loop, int first_axis, int last_axis)
      : attrs_(std::move(attrs)), loop_(loop), first_axis_(first_axis), last_axis_(last_axis) {}

  int64_t task_count(const TaskArgs& args, int threads) const override {
    const TensorView& src = args.inputs[0];
    const int64_t bytes = src.element_count() * static_cast<int64_t>(dtype_size(src.dtype));
    return std::min(choose_task_count(bytes, threads),
                    std::max<int64_t>(reduce_units(extents_of(src.shape)), 1));
  }

  Status run(const TaskArgs& args, int64_t task, int64_t tasks, std::byte*,
             KernelState*) const override {
    OCTET_RETURN_IF_ERROR(
        check_not_empty(attrs_, args.inputs[0].shape, args.outputs[0].element_count()));
    const ReduceExtents extents = extents_of(args.inputs[0].shape);
    const TaskShare share = share_of_task(reduce_units(extents), task, tasks);
    Heartbeat beat(args.control);
    loop_(beat, args.inputs[0].data, extents, share.first, share.last, args.outputs[0].data);
    return beat.status();
  }

 private:
  ReduceExtents extents_of(const Shape& shape) const {
    ReduceExtents extents;
    for (int axis = 0; axis < shape.rank(); ++axis)
      (axis < first_axis_   ? extents.outer
       : axis <= last_axis_ ? extents.reduced
                            : extents.inner) *= shape[axis];
    return extents;
  }

  ReduceAttrs attrs_;
  ReduceLoop loop_;
  int first_axis_;
  int last_axis_;
};

ReduceLoop choose(const KernelRequest& request) {
  const ReduceFunction function = attributes_of<ReduceAttrs>(request).function;
  const DType type = request.inputs[0]->dtype;
  return type == DType::kF32 ? reduce_f32_loop(function) : reduce_integer_loop(function, type);
}

}  // namespace

Support accept_reduce(const KernelRequest& request) {
  const auto& attrs = attributes_of<ReduceAttrs>(request);
  if (attrs.axes.empty()) return Support::no("no axis is reduced");
  if (attrs.axes.back() - attrs.axes.front() + 1 != static_cast<int>(attrs.axes.size()))
    return Support::no("the reduced axes are not neighbours");
  if (choose(request) == nullptr)
    return Support::no(std::string("there is no loop for ") + dtype_name(request.inputs[0]->dtype));
  return Support::yes();
}

Result<Kernel> make_reduce(const KernelRequest& request) {
  const auto& axes = attributes_of<ReduceAttrs>(request).axes;
  return Kernel(std::make_unique<Reduce>(attributes_of<ReduceAttrs>(request), choose(request),
                                         axes.front(), axes.back()));
}

}  // namespace octet::cpu
