// Reductions of f32.
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/cpu/reduce/reduce_loops.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/reduce/reduce_f32.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using F32 = hn::ScalableTag<float>;
using VecF32 = hn::Vec<F32>;

// What is added up, from which start, and how two results and the end are made. A sum that f32
// can't hold is made again of doubles: its mean, root or logarithm may well be an f32.
struct Sum {
  static constexpr float kStart = 0;
  static constexpr bool kMayOverflow = true;
  static HWY_INLINE VecF32 term(VecF32 x) { return x; }
  static double term(double x) { return x; }
  static HWY_INLINE VecF32 join(VecF32 x, VecF32 y) { return hn::Add(x, y); }
  static HWY_INLINE float join(float x, float y) { return x + y; }
  template <class T>
  static HWY_INLINE T finish(T x, int64_t) {
    return x;
  }
};
struct Mean : Sum {
  template <class T>
  static HWY_INLINE T finish(T x, int64_t count) {
    return x / static_cast<T>(count);
  }
};
struct LogSum : Sum {
  template <class T>
  static HWY_INLINE T finish(T x, int64_t) {
    return std::log(x);
  }
};
struct Magnitudes : Sum {
  static HWY_INLINE VecF32 term(VecF32 x) { return hn::Abs(x); }
  static double term(double x) { return std::abs(x); }
};
struct Squares : Sum {
  static HWY_INLINE VecF32 term(VecF32 x) { return hn::Mul(x, x); }
  static double term(double x) { return x * x; }
};
struct Norm : Squares {
  template <class T>
  static HWY_INLINE T finish(T x, int64_t) {
    return std::sqrt(x);
  }
};
// x86 gives the second operand where either is NaN: y stays NaN, and x is taken where it is one.
struct Max {
  static constexpr float kStart = -std::numeric_limits<float>::infinity();
  static constexpr bool kMayOverflow = false;
  static HWY_INLINE VecF32 term(VecF32 x) { return x; }
  static HWY_INLINE VecF32 join(VecF32 x, VecF32 y) {
    return hn::IfThenElse(hn::IsNaN(x), x, hn::Max(x, y));
  }
  static HWY_INLINE float join(float x, float y) { return x != x || x > y ? x : y; }
  static HWY_INLINE float finish(float x, int64_t) { return x; }
};
struct Min {
  static constexpr float kStart = std::numeric_limits<float>::infinity();
  static constexpr bool kMayOverflow = false;
  static HWY_INLINE VecF32 term(VecF32 x) { return x; }
  static HWY_INLINE VecF32 join(VecF32 x, VecF32 y) {
    return hn::IfThenElse(hn::IsNaN(x), x, hn::Min(x, y));
  }
  static HWY_INLINE float join(float x, float y) { return x != x || x < y ? x : y; }
  static HWY_INLINE float finish(float x, int64_t) { return x; }
};

// Elements between two beats; a multiple of all steps.
constexpr int64_t kPiece = int64_t{1} << 16;
// The result for `total` over `count` elements that lie `stride` apart.
template <class Rule>
HWY_INLINE float finish(Heartbeat& beat, float total, const float* src, int64_t count,
                        int64_t stride) {
  if constexpr (Rule::kMayOverflow) {
    if (!std::isfinite(total)) {
      double exact = 0;
      for (int64_t i = 0; i < count && !beat.stop(); ++i)
        exact += Rule::term(static_cast<double>(src[i * stride]));
      return static_cast<float>(Rule::finish(exact, count));
    }
  }
  return Rule::finish(total, count);
}

template <class Rule>
HWY_INLINE float reduce_row(Heartbeat& beat, const float* src, int64_t count) {
  const F32 d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const VecF32 start = hn::Set(d, Rule::kStart);
  VecF32 parts[4] = {start, start, start, start};
  int64_t i = 0;
  while (i + 4 * lanes <= count) {
    for (const int64_t end = std::min(count, i + kPiece); i + 4 * lanes <= end; i += 4 * lanes) {
      parts[0] = Rule::join(Rule::term(hn::LoadU(d, src + i)), parts[0]);
      parts[1] = Rule::join(Rule::term(hn::LoadU(d, src + i + lanes)), parts[1]);
      parts[2] = Rule::join(Rule::term(hn::LoadU(d, src + i + 2 * lanes)), parts[2]);
      parts[3] = Rule::join(Rule::term(hn::LoadU(d, src + i + 3 * lanes)), parts[3]);
    }
    if (count > kPiece && beat.stop(kPiece / 16)) return 0;
  }
  for (; i + lanes <= count; i += lanes)
    parts[0] = Rule::join(Rule::term(hn::LoadU(d, src + i)), parts[0]);
  if (i < count) {
    const auto rest = static_cast<size_t>(count - i);
    const VecF32 term = Rule::term(hn::LoadN(d, src + i, rest));
    parts[1] = Rule::join(hn::IfThenElse(hn::FirstN(d, rest), term, start), parts[1]);
  }
  const VecF32 whole = Rule::join(Rule::join(parts[0], parts[1]), Rule::join(parts[2], parts[3]));
  HWY_ALIGN float each[hn::MaxLanes(F32())];
  hn::Store(whole, d, each);
  for (int64_t half = lanes / 2; half > 0; half /= 2)  // pairs, whatever the rule
    for (int64_t k = 0; k < half; ++k) each[k] = Rule::join(each[k], each[k + half]);
  return each[0];
}

// `columns` outputs, at most kReduceUnit, each over `rows` elements that lie `stride` apart.
template <class Rule>
HWY_INLINE void reduce_columns(Heartbeat& beat, const float* src, int64_t rows, int64_t stride,
                               int64_t columns, float* dst) {
  const F32 d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const VecF32 start = hn::Set(d, Rule::kStart);
  for (int64_t c = 0; c < columns; c += lanes) {
    const auto width = static_cast<size_t>(std::min(lanes, columns - c));
    VecF32 whole = start;
    for (int64_t block = 0; block < rows;
         block += 32) {  // sums of sums: errors grow with rows / 32
      if (beat.stop(4)) return;
      VecF32 part = start;
      for (int64_t r = block; r < std::min(block + 32, rows); ++r)
        part = Rule::join(Rule::term(hn::LoadN(d, src + r * stride + c, width)), part);
      whole = Rule::join(part, whole);
    }
    HWY_ALIGN float each[hn::MaxLanes(F32())];
    hn::Store(whole, d, each);
    for (size_t k = 0; k < width; ++k)
      dst[c + static_cast<int64_t>(k)] =
          finish<Rule>(beat, each[k], src + c + static_cast<int64_t>(k), rows, stride);
  }
}

template <class Rule>
void reduce_units(Heartbeat& beat, const std::byte* src_bytes, const cpu::ReduceExtents& extents,
                  int64_t first, int64_t last, std::byte* dst_bytes) {
  const auto* src = reinterpret_cast<const float*>(src_bytes);
  auto* dst = reinterpret_cast<float*>(dst_bytes);
  const int64_t reduced = extents.reduced, inner = extents.inner;
  if (inner == 1) {
    for (int64_t i = first; i < last && !beat.stop(1 + std::min(reduced, kPiece) / 16); ++i) {
      const float* row = src + i * reduced;
      dst[i] = finish<Rule>(beat, reduce_row<Rule>(beat, row, reduced), row, reduced, 1);
    }
    return;
  }
  const int64_t units = cpu::units_per_outer(extents);
  for (int64_t i = first; i < last && !beat.stop(); ++i) {
    const int64_t o = i / units, column = i % units * cpu::kReduceUnit;
    reduce_columns<Rule>(beat, src + o * reduced * inner + column, reduced, inner,
                         std::min(cpu::kReduceUnit, inner - column), dst + o * inner + column);
  }
}

cpu::ReduceLoop choose_reduce(ReduceFunction function) {
  switch (function) {
    case ReduceFunction::kSum:
      return reduce_units<Sum>;
    case ReduceFunction::kMean:
      return reduce_units<Mean>;
    case ReduceFunction::kMax:
      return reduce_units<Max>;
    case ReduceFunction::kMin:
      return reduce_units<Min>;
    case ReduceFunction::kL1:
      return reduce_units<Magnitudes>;
    case ReduceFunction::kL2:
      return reduce_units<Norm>;
    case ReduceFunction::kSumSquare:
      return reduce_units<Squares>;
    case ReduceFunction::kLogSum:
      return reduce_units<LogSum>;
    case ReduceFunction::kProd:
    case ReduceFunction::kLogSumExp:
      return nullptr;
  }
  return nullptr;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {

HWY_EXPORT(choose_reduce);

ReduceLoop reduce_f32_loop(ReduceFunction function) {
  return HWY_DYNAMIC_DISPATCH(choose_reduce)(function);
}

}  // namespace octet::cpu
#endif  // HWY_ONCE
