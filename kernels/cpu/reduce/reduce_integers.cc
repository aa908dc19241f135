// Reductions of i64 and i32.
#include <algorithm>
#include <limits>
#include <type_traits>

#include "kernels/cpu/reduce/reduce_loops.h"

namespace octet::cpu {
namespace {

// The sums wrap, as unsigned integers do.
template <class T>
struct Sum {
  static constexpr T kStart = 0;
  static T join(T x, T y) {
    using Bits = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<Bits>(x) + static_cast<Bits>(y));
  }
};
template <class T>
struct Max {
  static constexpr T kStart = std::numeric_limits<T>::min();
  static T join(T x, T y) { return std::max(x, y); }
};
template <class T>
struct Min {
  static constexpr T kStart = std::numeric_limits<T>::max();
  static T join(T x, T y) { return std::min(x, y); }
};

template <class T, class Rule>
void reduce(Heartbeat& beat, const std::byte* src_bytes, const ReduceExtents& extents,
            int64_t first, int64_t last, std::byte* dst_bytes) {
  const auto* src = reinterpret_cast<const T*>(src_bytes);
  auto* dst = reinterpret_cast<T*>(dst_bytes);
  const int64_t reduced = extents.reduced, inner = extents.inner;
  const int64_t unit = inner == 1 ? 1 : kReduceUnit, units = units_per_outer(extents);
  for (int64_t i = first; i < last && !beat.stop(); ++i) {
    const int64_t o = i / units, column = i % units * unit,
                  columns = std::min(unit, inner - column);
    const T* from = src + o * reduced * inner + column;
    T* to = dst + o * inner + column;
    std::fill_n(to, columns, Rule::kStart);
    in_pieces(beat, reduced, (columns + 3) / 4, [&](int64_t row, int64_t end) {
      for (int64_t r = row; r < end; ++r)
        for (int64_t c = 0; c < columns; ++c) to[c] = Rule::join(to[c], from[r * inner + c]);
    });
  }
}

template <class T>
ReduceLoop choose(ReduceFunction function) {
  switch (function) {
    case ReduceFunction::kSum:
      return reduce<T, Sum<T>>;
    case ReduceFunction::kMax:
      return reduce<T, Max<T>>;
    case ReduceFunction::kMin:
      return reduce<T, Min<T>>;
    default:
      return nullptr;
  }
}

}  // namespace

ReduceLoop reduce_integer_loop(ReduceFunction function, DType type) {
  if (type == DType::kI64) return choose<int64_t>(function);
  return type == DType::kI32 ? choose<int32_t>(function) : nullptr;
}

}  // namespace octet::cpu
