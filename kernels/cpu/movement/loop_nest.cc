// Merging of dimensions, and the cut into tasks.
#include "kernels/cpu/movement/loop_nest.h"

namespace octet::cpu {

LoopNest make_loop_nest(const TensorView& dst, std::span<const TensorView> inputs) {
  assert(inputs.size() < LoopNest::kMaxOperands);
  LoopNest nest;
  nest.operands = inputs.size() + 1;
  nest.elements = dst.element_count();
  nest.extents[0] = 1;
  nest.data[0] = dst.data;
  for (size_t n = 0; n < inputs.size(); ++n) nest.data[n + 1] = inputs[n].data;

  const auto stride_of = [&](size_t operand, int axis) -> int64_t {
    const TensorView& view = operand == 0 ? dst : inputs[operand - 1];
    const int own = axis - (dst.shape.rank() - view.shape.rank());
    if (own < 0 || view.shape[own] == 1) return 0;
    return view.strides[own] * static_cast<int64_t>(dtype_size(view.dtype));
  };
  size_t used = 0;  // dimensions of the nest so far, outermost first
  for (int axis = 0; axis < dst.shape.rank(); ++axis) {
    const int64_t extent = dst.shape[axis];
    if (extent == 1) continue;
    bool merges = used > 0;
    for (size_t n = 0; n < nest.operands && merges; ++n)
      merges = nest.strides[n][used - 1] == stride_of(n, axis) * extent;
    if (!merges) nest.extents[used++] = 1;
    nest.extents[used - 1] *= extent;
    for (size_t n = 0; n < nest.operands; ++n) nest.strides[n][used - 1] = stride_of(n, axis);
  }
  nest.rank = std::max<size_t>(used, 1);
  return nest;
}

int64_t tasks_for_threads(int64_t bytes, int threads) {
  constexpr int64_t kTaskBytes = 32 * 1024;
  if (threads <= 1) return 1;
  return std::clamp<int64_t>(bytes / kTaskBytes, 1, int64_t{8} * threads);
}

int64_t choose_task_count(int64_t bytes, int threads) {
  constexpr int64_t kMostBytes = int64_t{1} << 20;
  return std::max(tasks_for_threads(bytes, threads), bytes / kMostBytes);
}

TaskShare share_of_task(int64_t total, int64_t task, int64_t tasks, int64_t unit) {
  const int64_t units = (total + unit - 1) / unit;
  const int64_t first = units / tasks * task + std::min(task, units % tasks);
  const int64_t count = units / tasks + (task < units % tasks ? 1 : 0);
  return {std::min(first * unit, total), std::min((first + count) * unit, total)};
}

}  // namespace octet::cpu
