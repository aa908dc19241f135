// The task kernel of the elementwise ops: broadcasting, strides and tasks, around a function that
// computes one run.
#pragma once

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/movement/loop_nest.h"

namespace octet::cpu {

// Computes `count` elements of a run: pointers[0] is the output, pointers[n] the n-th input that is
// present. steps[n] are the bytes from one element to the next; 0 where an input is broadcast along
// the run. The output is contiguous. It may lie exactly on an input of the same element size.
using RunSteps = std::array<int64_t, LoopNest::kMaxOperands>;
using RunFunction = void (*)(const RunPointers& pointers, const RunSteps& steps, int64_t count);

// A kernel that computes output 0, contiguous, from the inputs that are present, with any strides,
// at most three.
Kernel make_elementwise(RunFunction function);

}  // namespace octet::cpu
