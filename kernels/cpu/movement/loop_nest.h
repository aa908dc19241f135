// Iteration over strided operands of one shape, cut into runs along the innermost dimension and
// into tasks.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "runtime/core/tensor.h"

namespace octet::cpu {

// Operands that are walked together, with dimensions merged as far as all of them allow. Operand 0
// is the output. Strides are in bytes. rank >= 1: a scalar has one dimension of extent 1.
struct LoopNest {
  static constexpr size_t kMaxOperands = 4;
  size_t operands = 0;
  size_t rank = 1;
  std::array<int64_t, kMaxRank> extents{};
  std::array<std::array<int64_t, kMaxRank>, kMaxOperands> strides{};
  std::array<std::byte*, kMaxOperands> data{};
  int64_t elements = 0;

  // The stride of an operand from one element of a run to the next.
  int64_t step(size_t operand) const { return strides[operand][rank - 1]; }
};

// `inputs` are broadcast to the shape of `dst` (NumPy's rules; it is known that they can be).
LoopNest make_loop_nest(const TensorView& dst, std::span<const TensorView> inputs);

// One run: the addresses of its first element in every operand.
using RunPointers = std::array<std::byte*, LoopNest::kMaxOperands>;

// Calls body(pointers, count) for the runs that make up elements [first, last) of the row-major
// order.
template <class Body>
void for_each_run(const LoopNest& nest, int64_t first, int64_t last, Body body) {
  const size_t inner = nest.rank - 1;
  std::array<int64_t, kMaxRank> position{};
  int64_t rest = first;
  for (size_t i = nest.rank; i-- > 0 && rest > 0;) {
    position[i] = rest % nest.extents[i];
    rest /= nest.extents[i];
  }
  RunPointers pointers = nest.data;
  for (size_t n = 0; n < nest.operands; ++n)
    for (size_t i = 0; i < nest.rank; ++i) pointers[n] += position[i] * nest.strides[n][i];
  while (first < last) {
    const int64_t count = std::min(nest.extents[inner] - position[inner], last - first);
    body(static_cast<const RunPointers&>(pointers), count);
    first += count;
    for (size_t n = 0; n < nest.operands; ++n)
      pointers[n] -= position[inner] * nest.strides[n][inner];
    position[inner] = 0;
    for (size_t i = inner; i-- > 0;) {
      for (size_t n = 0; n < nest.operands; ++n) pointers[n] += nest.strides[n][i];
      if (++position[i] < nest.extents[i]) break;
      for (size_t n = 0; n < nest.operands; ++n)
        pointers[n] -= nest.strides[n][i] * nest.extents[i];
      position[i] = 0;
    }
  }
}

// Into how many tasks to cut work that writes `bytes`, for `threads` threads: pieces of about 32
// KB, few enough that handing them out costs nothing, at least one. For kernels that look at their
// control in a task.
int64_t tasks_for_threads(int64_t bytes, int threads);
// The same, but of at most 1 MB whatever the number of threads: between two such tasks the session
// looks whether to go on, so that the kernel need not.
int64_t choose_task_count(int64_t bytes, int threads);

// The share of `task` in `total` units, in multiples of `unit`: [first, last), possibly empty.
struct TaskShare {
  int64_t first;
  int64_t last;
};
TaskShare share_of_task(int64_t total, int64_t task, int64_t tasks, int64_t unit = 1);

}  // namespace octet::cpu
