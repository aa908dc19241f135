// Runs a task kernel to its end on the calling thread; for folding, tests and benchmarks.
#pragma once

#include "kernels/api/kernel.h"

namespace octet {

// `threads`: for how many the work is cut. `reverse`: the last task of a phase first. Error: that
// of the first task that has one.
Status run_all_tasks(const TaskKernel& kernel, std::span<const TensorView> inputs,
                     std::span<const TensorView> outputs, const RunControl* control,
                     int threads = 1, bool reverse = false);

}  // namespace octet
