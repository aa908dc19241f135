// Phase by phase, task by task.
#include "kernels/api/run_kernel.h"

namespace octet {

Status run_all_tasks(const TaskKernel& kernel, std::span<const TensorView> inputs,
                     std::span<const TensorView> outputs, const RunControl* control, int threads,
                     bool reverse) {
  const std::vector<OperandShape> in = shapes_of(inputs), out = shapes_of(outputs);
  const TaskShapes shapes{in, out};
  const auto scratch = allocate_buffer(kernel.scratch_bytes(shapes));
  const auto shared = allocate_buffer(kernel.shared_bytes(shapes));
  const auto state = kernel.make_state();
  std::vector<int64_t> phases;
  kernel.plan_phases(shapes, threads, phases);
  TaskArgs args{inputs, outputs, control, 0, shared.get()};
  for (const int64_t tasks : phases) {
    for (int64_t i = 0; i < tasks; ++i)
      OCTET_RETURN_IF_ERROR(
          kernel.run(args, reverse ? tasks - 1 - i : i, tasks, scratch.get(), state.get()));
    ++args.phase;
  }
  return Status::ok();
}

}  // namespace octet
