// Loops over the taps of positions, a vector of them at once.
#include <algorithm>

#include "kernels/cpu/sampling/sample_planes.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/sampling/sample_planes.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace octet {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using cpu::kSamplePositions;
using cpu::SampledPlanes;
using cpu::TapTable;

using F32 = hn::CappedTag<float, 16>;
using I32 = hn::RebindToSigned<F32>;
using VecF32 = hn::Vec<F32>;
constexpr int64_t kLanes = hn::MaxLanes(F32());
static_assert(kSamplePositions % kLanes == 0);

struct Sum {
  static HWY_INLINE VecF32 first() { return hn::Zero(F32()); }
  static HWY_INLINE VecF32 join(VecF32 sum, VecF32 weight, VecF32 element) {
    return hn::MulAdd(weight, element, sum);
  }
};

struct Largest {
  static HWY_INLINE VecF32 first() { return hn::Neg(hn::Inf(F32())); }
  static HWY_INLINE VecF32 join(VecF32 largest, VecF32 weight, VecF32 element) {
    const VecF32 product = hn::Mul(weight, element);
    // Max() gives its second argument where one is NaN.
    return hn::IfThenElse(hn::IsNaN(product), product, hn::Max(product, largest));
  }
};

// One vector of positions of all planes. Taps that are not there are zeros, and not read.
template <class Function>
HWY_INLINE void sample(const TapTable& table, const SampledPlanes& planes, bool goes_on,
                       Heartbeat& beat) {
  const F32 d;
  const I32 di;
  const int64_t vectors = (planes.positions + kLanes - 1) / kLanes;
  const int64_t units = vectors * table.taps() * kLanes / 4 + 1;
  for (int64_t plane = 0; plane < planes.count && !beat.stop(units); ++plane) {
    const float* src = planes.src + plane * planes.src_step;
    float* dst = planes.dst + plane * planes.dst_step;
    for (int64_t x = 0; x < planes.positions; x += kLanes) {
      const auto count = static_cast<size_t>(std::min(planes.positions - x, kLanes));
      VecF32 value = goes_on ? hn::LoadN(d, dst + x, count) : Function::first();
      for (int64_t t = 0; t < table.taps(); ++t) {
        const auto offset = hn::LoadU(di, table.offsets() + t * kSamplePositions + x);
        const auto inside = hn::RebindMask(d, hn::Ge(offset, hn::Zero(di)));
        const VecF32 element = hn::MaskedGatherIndex(inside, d, src, offset);
        value = Function::join(value, hn::LoadU(d, table.weights() + t * kSamplePositions + x),
                               element);
      }
      hn::StoreN(value, d, dst + x, count);
    }
  }
}

void sum(const TapTable& table, const SampledPlanes& planes, bool goes_on, Heartbeat& beat) {
  sample<Sum>(table, planes, goes_on, beat);
}
void largest(const TapTable& table, const SampledPlanes& planes, bool goes_on, Heartbeat& beat) {
  sample<Largest>(table, planes, goes_on, beat);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace octet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace octet::cpu {

HWY_EXPORT(sum);
HWY_EXPORT(largest);

void sum_taps(const TapTable& table, const SampledPlanes& planes, bool goes_on, Heartbeat& beat) {
  HWY_DYNAMIC_DISPATCH(sum)(table, planes, goes_on, beat);
}
void largest_taps(const TapTable& table, const SampledPlanes& planes, bool goes_on,
                  Heartbeat& beat) {
  HWY_DYNAMIC_DISPATCH(largest)(table, planes, goes_on, beat);
}

}  // namespace octet::cpu
#endif  // HWY_ONCE
