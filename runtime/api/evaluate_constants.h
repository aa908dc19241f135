// Evaluates nodes for the folding of constants: large products of f32 by the CPU's kernels,
// everything else by the reference.
#pragma once

#include <span>
#include <vector>

#include "runtime/core/tensor.h"
#include "runtime/ops/op.h"

namespace octet {

// As PassOptions::evaluate wants it. On the calling thread, until current_control() ends it.
// Precondition: all shapes are constant. Errors: what a kernel finds in the data, and those of
// check_stop().
Result<std::vector<Tensor>> evaluate_constants(const Attributes& attributes,
                                               std::span<const Tensor> inputs);

// As PassOptions::evaluation_cost wants it.
double evaluation_cost(const Attributes& attributes, InputTypes inputs, const OutputTypes& outputs);

}  // namespace octet
