// One element of a binary function, for ops that combine elements as Binary does.
#pragma once

#include "runtime/core/tensor.h"
#include "runtime/ops/elementwise.h"

namespace octet::reference {

// dst[to] = function(lhs[i], rhs[j]); offsets in elements, types and arithmetic as evaluate.h says.
void apply_binary(BinaryFunction function, const TensorView& lhs, int64_t i, const TensorView& rhs,
                  int64_t j, const TensorView& dst, int64_t to);

}  // namespace octet::reference
