// Loops that reduce a contiguous tensor seen as [outer, reduced, inner] to [outer, inner].
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/core/dtype.h"
#include "runtime/core/heartbeat.h"
#include "runtime/ops/reduce.h"

namespace octet::cpu {

struct ReduceExtents {
  int64_t outer = 1;
  int64_t reduced = 1;
  int64_t inner = 1;
};

// The work is counted in units, which any thread may do in any order: one output each where inner
// is 1, else up to kReduceUnit neighbouring outputs.
inline constexpr int64_t kReduceUnit = 64;
inline int64_t units_per_outer(const ReduceExtents& extents) {
  return extents.inner == 1 ? 1 : (extents.inner + kReduceUnit - 1) / kReduceUnit;
}
inline int64_t reduce_units(const ReduceExtents& extents) {
  return extents.outer * units_per_outer(extents);
}

// Does units [first, last), until `beat` ends it. Sums are made in an order that depends on the
// extents alone.
using ReduceLoop = void (*)(Heartbeat& beat, const std::byte* src, const ReduceExtents& extents,
                            int64_t first, int64_t last, std::byte* dst);

// nullptr: there is no loop for this function.
// f32: NaN wins in max and min; a sum of R elements has an error of at most (R / 64 + 12) eps sum
// |x| along the last axis and (R / 32 + 32) eps sum |x| along others.
ReduceLoop reduce_f32_loop(ReduceFunction function);
// Sum, max and min of i64 and i32, exact; sums wrap.
ReduceLoop reduce_integer_loop(ReduceFunction function, DType type);

}  // namespace octet::cpu
