// Unary functions over arrays of f32.
#pragma once

#include <cstdint>

#include "runtime/ops/elementwise.h"

namespace octet::cpu {

// dst[i] = function(src[i]) for i < count; in place is fine. Each result depends on its own input
// alone.
using UnaryF32 = void (*)(const float* src, float* dst, int64_t count);

// The fastest loop for this machine; nullptr for functions whose result is not f32 (kIsNaN, kIsInf,
// kNot) and for those with parameters (activation_rows.cc). Accuracy: see vector_math-inl.h; abs,
// ceil, floor, neg, relu, round (half to even), sign, sqrt, reciprocal are exact or correctly
// rounded; cos and sin are the C library's; a function without a written loop is its scalar
// definition in double, rounded once; softplus has an absolute error below 3e-7. Threading:
// any thread. Precondition: check_cpu().
UnaryF32 unary_f32(UnaryFunction function);

}  // namespace octet::cpu
