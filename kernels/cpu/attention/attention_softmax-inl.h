// Softmax of one row of attention scores, not yet divided by the sum of its weights.
//
// Scores are in units of log2(e), so that a weight is 2^(score - max). A weight below 2^-126 is
// exactly 0, and every lane sums the keys of its own index modulo the lanes in order: keys masked
// at the end of a row leave the sum of its weights, bit for bit.

// The guard flips with every target, see hwy/foreach_target.h.
#if defined(OCTET_KERNELS_CPU_ATTENTION_ATTENTION_SOFTMAX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef OCTET_KERNELS_CPU_ATTENTION_ATTENTION_SOFTMAX_INL_H_
#undef OCTET_KERNELS_CPU_ATTENTION_ATTENTION_SOFTMAX_INL_H_
#else
#define OCTET_KERNELS_CPU_ATTENTION_ATTENTION_SOFTMAX_INL_H_
#endif

#include <limits>

#include "kernels/cpu/attention/attention_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {

// 2^r on [0, 1), 1 at 0: polynomials of least greatest relative error.
struct ExactPower {  // 2e-9, less than the rounding of f32
  static HWY_INLINE FloatVec of(FloatVec r) {
    const FloatTag d;
    FloatVec p = hn::MulAdd(hn::Set(d, 2.16129149696e-4f), r, hn::Set(d, 1.24678464508e-3f));
    p = hn::MulAdd(p, r, hn::Set(d, 9.67545156522e-3f));
    p = hn::MulAdd(p, r, hn::Set(d, 5.54852806202e-2f));
    p = hn::MulAdd(p, r, hn::Set(d, 0.240229305552f));
    p = hn::MulAdd(p, r, hn::Set(d, 0.693147044443f));
    return hn::MulAdd(p, r, hn::Set(d, 1.0f));
  }
};
struct CoarsePower {  // 8.6e-5, where the rounding to bf16 that follows is 4e-3
  static HWY_INLINE FloatVec of(FloatVec r) {
    const FloatTag d;
    FloatVec p = hn::MulAdd(hn::Set(d, 7.70670420721e-2f), r, hn::Set(d, 0.227644991135f));
    p = hn::MulAdd(p, r, hn::Set(d, 0.695116786445f));
    return hn::MulAdd(p, r, hn::Set(d, 1.0f));
  }
};

// 2^x for x <= 0; 0 below -126 and for -inf; NaN gives NaN. Shorter than a general exponential,
// because nothing is scaled to base 2 and AVX-512 splits and scales in one instruction each.
template <class Power>
HWY_INLINE FloatVec power_of_two(FloatVec x) {
  const FloatTag d;
#if HWY_TARGET <= HWY_AVX3
  const __mmask16 keep = _mm512_cmp_ps_mask(x.raw, _mm512_set1_ps(-126.0f), _CMP_NLT_UQ);
  const FloatVec r{_mm512_reduce_ps(x.raw, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)};
  return FloatVec{_mm512_maskz_scalef_ps(keep, Power::of(r).raw, x.raw)};
#else
  const hn::RebindToSigned<FloatTag> di;
  const FloatVec n = hn::Floor(x);
  const auto exponent = hn::ShiftLeft<23>(hn::ConvertTo(di, n));
  const FloatVec power =
      hn::BitCast(d, hn::Add(hn::BitCast(di, Power::of(hn::Sub(x, n))), exponent));
  return hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, -126.0f)), power);
#endif
}

HWY_INLINE float row_maximum(const float* scores, size_t columns) {
  const FloatTag d;
  FloatVec top = hn::Set(d, -std::numeric_limits<float>::infinity());
  for (size_t j = 0; j < columns; j += kLanes) top = hn::Max(top, hn::Load(d, scores + j));
  return hn::ReduceMax(d, top);
}

// Replaces `columns` scores, a multiple of the lanes, by their weights; returns the sum of the
// weights.
HWY_INLINE float weigh_row(FloatProducts, float* scores, float top, size_t columns,
                           float* weights) {
  const FloatTag d;
  const FloatVec shift = hn::Set(d, top);
  FloatVec sum = hn::Zero(d);
  for (size_t j = 0; j < columns; j += kLanes) {
    const FloatVec weight = power_of_two<ExactPower>(hn::Sub(hn::Load(d, scores + j), shift));
    sum = hn::Add(sum, weight);
    hn::Store(weight, d, weights + j);
  }
  return hn::ReduceSum(d, sum);
}

// The same in bf16; the sum is that of the rounded weights, so that rounding moves a context only
// as far as the values differ.
HWY_INLINE float weigh_row(PairProducts, float* scores, float top, size_t columns,
                           uint16_t* weights) {
  const FloatTag d;
  const PairProducts::Tag pairs;
  const FloatVec shift = hn::Set(d, top);
  const auto ones = PairProducts::broadcast_bits(0x3f803f80);
  PairProducts::Sum sum;
  sum.clear();
  size_t j = 0;
  const auto store = [&](FloatVec lower, FloatVec upper) HWY_ATTR {
    const auto rounded = hn::OrderedDemote2To(pairs, lower, upper);
    PairProducts::accumulate(rounded, ones, sum);
    hn::Store(hn::BitCast(hn::RebindToUnsigned<PairProducts::Tag>(), rounded),
              hn::RebindToUnsigned<PairProducts::Tag>(), weights + j);
  };
  for (; j + 2 * kLanes <= columns; j += 2 * kLanes)
    store(power_of_two<CoarsePower>(hn::Sub(hn::Load(d, scores + j), shift)),
          power_of_two<CoarsePower>(hn::Sub(hn::Load(d, scores + j + kLanes), shift)));
  if (j < columns)
    store(power_of_two<CoarsePower>(hn::Sub(hn::Load(d, scores + j), shift)), hn::Zero(d));
  return hn::ReduceSum(d, sum.total());
}

}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#endif  // the toggled guard
