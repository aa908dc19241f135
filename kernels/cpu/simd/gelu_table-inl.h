// GELU by table: where a vector register holds 16 floats, a piecewise polynomial whose coefficients
// are picked by a permutation costs half of a rational function.
#if defined(OCTET_KERNELS_CPU_SIMD_GELU_TABLE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef OCTET_KERNELS_CPU_SIMD_GELU_TABLE_INL_H_
#undef OCTET_KERNELS_CPU_SIMD_GELU_TABLE_INL_H_
#else
#define OCTET_KERNELS_CPU_SIMD_GELU_TABLE_INL_H_
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// erf(a / sqrt 2) / 2 for a in [0, 5.4], within 9e-8: degree 4 around each of 16 points 0.36 apart,
// in the distance from the point over 0.36. The last point is the constant 1/2. kGeluTable[i][j] is
// the coefficient of degree i at point j.
inline constexpr float kGeluTableEnd = 5.4f;
HWY_ALIGN inline constexpr float kGeluTable[5][16] = {
    {0.0f, 0.140576422f, 0.264237493f, 0.359928906f, 0.425066292f, 0.464069694f, 0.484613657f,
     0.494132251f, 0.498011619f, 0.499402344f, 0.499840885f, 0.499962538f, 0.499992192f,
     0.499998569f, 0.499999762f, 0.5f},
    {0.143619165f, 0.134607002f, 0.11082641f, 0.0801558346f, 0.0509262979f, 0.0284225177f,
     0.0139345918f, 0.0060011521f, 0.00227028551f, 0.000754445966f, 0.000220228438f,
     5.64691836e-05f, 1.27185349e-05f, 2.51619463e-06f, 4.37246456e-07f, 0.0f},
    {2.12352666e-06f, -0.0087223053f, -0.0143627971f, -0.0155820092f, -0.0131999562f,
     -0.0092088962f, -0.00541784754f, -0.00272221351f, -0.0011769844f, -0.000440032309f,
     -0.000142726465f, -4.02584192e-05f, -9.8922992e-06f, -2.12030636e-06f, -3.96829819e-07f, 0.0f},
    {-0.00312136719f, -0.00251757912f, -0.00115213369f, 0.000278905616f, 0.00116954185f,
     0.00136779458f, 0.00110131106f, 0.000694907969f, 0.000359904574f, 0.000156450464f,
     5.78071522e-05f, 1.82995227e-05f, 4.98957706e-06f, 1.17622642e-06f, 2.40396133e-07f, 0.0f},
    {5.99314772e-05f, 0.000267973111f, 0.00038210515f, 0.000307081325f, 0.000132447312f,
     -2.25787062e-05f, -9.63664206e-05f, -9.80446493e-05f, -6.73180839e-05f, -3.58134712e-05f,
     -1.55100097e-05f, -5.60091894e-06f, -1.70987437e-06f, -4.45164829e-07f, -9.94291085e-08f,
     0.0f}};

// x/2 + |x| (erf(|x| / sqrt 2) / 2). Precondition: d has 16 lanes.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V gelu_by_table(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V magnitude = hn::Abs(x);
  // As integers, magnitudes keep their order, and the floating-point units stay free; a NaN is
  // above all.
  const auto bits = hn::BitCast(di, magnitude);
  const V a = hn::BitCast(d, hn::Min(bits, hn::BitCast(di, hn::Set(d, kGeluTableEnd))));
  const V inverse_step = hn::Set(d, 15 / kGeluTableEnd);
  // Adding 1.5 * 2^23 rounds to the nearest point, whose number then stands in the lowest bits.
  const V shifted = hn::MulAdd(a, inverse_step, hn::Set(d, 0x1.8p23f));
  const V t = hn::MulSub(a, inverse_step, hn::Sub(shifted, hn::Set(d, 0x1.8p23f)));
  const auto point = hn::IndicesFromVec(d, hn::And(hn::BitCast(di, shifted), hn::Set(di, 15)));
  const auto coefficient = [&](size_t degree) HWY_ATTR {
    return hn::TableLookupLanes(hn::Load(d, kGeluTable[degree]), point);
  };
  V h = hn::MulAdd(coefficient(4), t, coefficient(3));
  h = hn::MulAdd(h, t, coefficient(2));
  h = hn::MulAdd(h, t, coefficient(1));
  h = hn::MulAdd(h, t, coefficient(0));
  return hn::MulAdd(magnitude, h, hn::Mul(x, hn::Set(d, 0.5f)));
}

}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#endif  // the toggled guard
