// The reference kernels: at least one row for every op, slow and plain; the oracle of the tests,
// the constant folder, and the last resort of every selection.
#pragma once

#include "kernels/api/backend.h"

namespace octet {

// Task kernels cut by their shapes alone, any strides. They take every type that the op's infer()
// takes.
std::span<const KernelRow> reference_kernels();
Backend reference_backend();

// Runs one node on tensors: finds its reference kernel, allocates the outputs, runs on this thread,
// until current_control() ends it. For folding and tests. Precondition: all shapes in `types` (of
// the inputs and outputs) are constant.
Result<std::vector<Tensor>> evaluate_reference(const Attributes& attributes,
                                               std::span<const Tensor> inputs);

}  // namespace octet
