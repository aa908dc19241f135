// Binary functions over arrays of f32.
#pragma once

#include <cstdint>

#include "runtime/ops/elementwise.h"

namespace octet::cpu {

// dst[i] = function(lhs[i], rhs[i]) for i < count; a repeated operand is lhs[0] (rhs[0]) for all i.
// dst may lie exactly on an operand that is not repeated. Each result depends on its own operands
// alone.
using BinaryF32 = void (*)(const float* lhs, bool lhs_repeated, const float* rhs, bool rhs_repeated,
                           float* dst, int64_t count);

// The fastest loop for this machine; nullptr for what has none (remainders, comparisons, logic).
// Add, sub, mul, div are IEEE's; max and min give NaN where either operand is; pow is the C
// library's but for the exponents 2, 3 and 1/2 given as a repeated operand (x x, x x x, sqrt).
BinaryF32 binary_f32(BinaryFunction function);

}  // namespace octet::cpu
